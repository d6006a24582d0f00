"""Branches that are pushed and pull requests that are opened, against local repositories and a stand-in for `gh`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from codemods.cli import offloop
from codemods.repositories import Plan, pull_requests, read
from codemods.repositories.recall import recalled
from codemods.repositories.task import Task
from codemods.repositories.worker import work
from codemods.source import GitHubError, asking, github, programs
from codemods.source.remotes import Address
from tests.repositories.hub import Hub
from tests.repositories.support import CLEAN, FIXED, SLEEPY, SLOW, repository, run
from tests.support import git, write

if TYPE_CHECKING:
    from codemods.model import Outcome

PUSH = Plan(push=True, commit=True)
OPEN = Plan(pull_request=True, per_minute=6000)


@pytest.fixture
def hub(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:  # noqa: ARG001
    return Hub.made(tmp_path / "github", monkeypatch)


def asked(where: str, plan: Plan = PUSH, branch: str = "offloop") -> Task:
    (entry,) = read([where], ("sleep", "offload"))
    return Task(entry, plan.complete(), branch, str(Path("out").absolute()))


def done(where: str, plan: Plan = PUSH, branch: str = "offloop") -> Outcome:
    task = asked(where, plan, branch)
    return recalled(task) or work(task)


def clone(hub: Hub, files: dict[str, Any], name: str = "team/shop") -> Path:
    """A clone on this machine of a repository with some files."""
    url = hub.publish(name, files)
    git(Path.cwd(), "clone", "-q", url, "shop")
    return Path("shop").absolute()


def content(hub: Hub, branch: str = "offloop", file: str = "main.py") -> str:
    return git(hub.bare(), "show", f"{branch}:{file}")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://github.com/team/shop", ("github.com", "team", "shop")),
        ("https://github.com/team/shop.git/", ("github.com", "team", "shop")),
        ("https://me:pw@GitHub.com/team/.github", ("github.com", "team", ".github")),
        ("ssh://git@ghe.example.org:2222/team/a.b.git", ("ghe.example.org", "team", "a.b")),
        ("git@github.com:team/shop.git", ("github.com", "team", "shop")),
        ("ssh://git@ssh.github.com:443/team/shop.git", ("github.com", "team", "shop")),
        ("https://gitlab.com/group/part/shop", None),
        ("https://github.com/team/..", None),
        ("file:///srv/team/shop", None),
        ("/srv/team/shop", None),
        ("../team/shop", None),
        ("https://github.com/team/shop?x=1", None),
    ],
)
def test_addresses(url: str, address: tuple[str, str, str] | None) -> None:
    assert Address.of(url) == (Address(*address) if address else None)


@pytest.mark.parametrize("way", ["url", "path"])
def test_a_branch_is_pushed_and_brought_up_to_date(hub: Hub, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-01T12:00:00Z")
    where = str(clone(hub, {"main.py": SLEEPY}))
    where = "https://github.com/team/shop" if way == "url" else where
    main = hub.branches()["main"]
    outcome = done(where)
    assert (outcome.status, outcome.pushed, outcome.branch) == ("fixed", True, "offloop")
    first = hub.branches()["offloop"]
    assert outcome.head == first
    assert content(hub) == FIXED

    # The same again: whether it is remembered or found out anew, there is nothing to push.
    assert recalled(asked(where)) is not None
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-02T12:00:00Z")
    again = done(where, Plan(push=True, cache=False))
    assert (again.pushed, again.head) == (True, first)
    assert hub.branches()["offloop"] == first
    assert recalled(asked(where)) is not None

    # The project goes on: the branch is made anew on top of it.
    hub.commit("team/shop", {"more.py": SLEEPY})
    if way == "path":
        git(Path("shop"), "pull", "-q")
    outcome = done(where)
    assert outcome.pushed
    second = hub.branches()["offloop"]
    assert second == outcome.head != first
    assert content(hub, file="more.py") == FIXED
    assert git(hub.bare(), "log", "--format=%s", "offloop", "^main").count("\n") == 1
    assert hub.branches()["main"] != main

    # Somebody takes the branch away: what is remembered of it does not count.
    git(hub.bare(), "branch", "-D", "offloop")
    assert done(where).pushed
    assert content(hub) == FIXED


@pytest.mark.parametrize("way", ["url", "path"])
@pytest.mark.parametrize("whose", ["all", "one more", "merged", "none of its own"])
def test_the_branch_of_somebody_else_stays(hub: Hub, way: str, whose: str) -> None:
    where = str(clone(hub, {"main.py": SLEEPY}))
    where = "https://github.com/team/shop" if way == "url" else where
    if whose == "one more":
        assert done("https://github.com/team/shop").pushed
    if whose == "none of its own":
        git(hub.bare(), "branch", "offloop", "main")
    else:
        hub.commit("team/shop", {"theirs.py": "x = 1\n"}, "offloop")
    if whose == "merged":
        hub.commit("team/shop", {"main.py": SLOW})
    before = hub.branches()
    outcome = done(where)
    assert outcome.status == "failed"
    assert "the branch offloop at origin has commits that offloop did not make" in outcome.reason
    assert not outcome.pushed
    assert outcome.fixed
    assert (Path("out/repos/shop/changes.patch")).read_text()
    assert hub.branches() == before


def test_a_branch_that_was_merged_is_used_again(hub: Hub) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    assert done(url).pushed
    git(hub.bare(), "update-ref", "refs/heads/main", "offloop")
    hub.commit("team/shop", {"more.py": SLEEPY})
    outcome = done(url)
    assert outcome.pushed
    assert hub.branches()["offloop"] == outcome.head
    assert git(hub.bare(), "log", "--format=%s", "offloop", "^main").count("\n") == 1


def test_the_branch_that_changes_are_meant_for_is_not_pushed_to(hub: Hub) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    hub.commit("team/shop", {"other.py": CLEAN}, "develop")
    before = hub.branches()
    for branch in ("main", "develop"):
        write(Path.cwd(), {"list": f"{url} ref=develop"})
        outcome = done("list", branch=branch)
        assert (
            outcome.reason == f"was not pushed: {branch} is the branch that changes are meant for; use another --branch"
        )
    assert hub.branches() == before


def test_whoever_is_faster_wins(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    real = programs.run

    def meanwhile(command: list[str], *arguments: Any, **more: Any) -> Any:  # noqa: ANN401
        if "push" in command and "offloop" not in hub.branches():
            git(hub.bare(), "branch", "offloop", "main")
        return real(command, *arguments, **more)

    monkeypatch.setattr(asking, "run", meanwhile)
    outcome = done(url)
    assert outcome.status == "failed"
    assert "was not pushed: git push: [rejected] " in outcome.reason
    assert "(stale info)" in outcome.reason
    assert hub.branches()["offloop"] == hub.branches()["main"]


def test_why_a_push_was_refused(hub: Hub) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    hook = hub.bare() / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'error: not on Fridays' >&2\nexit 1\n")
    hook.chmod(0o755)
    reason = done(url).reason
    assert reason.startswith("was not pushed: git push: not on Fridays [remote rejected] ")
    assert "(pre-receive hook declined)" in reason


def test_another_url_to_push_to(hub: Hub) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    (hub.folder / "in").symlink_to(hub.folder / "hub")
    git(hub.folder, "config", "--global", f"url.{(hub.folder / 'in').as_uri()}/.pushInsteadOf", "https://github.com/")
    assert done(url).pushed
    hub.commit("team/shop", {"more.py": SLEEPY})
    outcome = done(url)
    assert outcome.head == hub.branches()["offloop"]
    assert content(hub, file="more.py") == FIXED


def test_a_push_that_broke_after_all_was_there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    real = programs.run

    def broken(command: list[str], *arguments: Any, **more: Any) -> Any:  # noqa: ANN401
        answer = real(command, *arguments, **more)
        return type(answer)(1, b"", "fatal: it broke") if "push" in command else answer

    monkeypatch.setattr(asking, "run", broken)
    assert done(url).pushed


@pytest.mark.parametrize("check", ["false", "test ! -e main.py || ! grep -q asyncio main.py"])
def test_a_check_that_failed_pushes_nothing(hub: Hub, check: str) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    outcome = run(url, plan=Plan(pull_request=True, verify=check))["shop"]
    assert outcome.verified.startswith("failed")
    assert outcome.trouble
    assert (outcome.pushed, outcome.pull_request, outcome.branch) == (False, "", "offloop")
    assert Path("out/repos/shop/changes.patch").read_text()
    assert list(hub.branches()) == ["main"]
    assert hub.pulls() == []


def test_nothing_to_change_pushes_nothing(hub: Hub) -> None:
    urls = [hub.publish("team/shop", {"main.py": CLEAN}), hub.publish("team/docs", {"a.md": "words\n"})]
    outcomes = run(*urls, plan=OPEN)
    assert {outcome.status for outcome in outcomes.values()} == {"clean", "empty"}
    assert [call[2] for call in hub.calls()] == ["meta"]
    assert list(hub.branches()) == ["main"]


def test_which_remote(hub: Hub) -> None:
    shop = clone(hub, {"main.py": SLEEPY})
    git(shop, "remote", "rename", "origin", "home")
    assert done("shop").pushed
    git(hub.bare(), "branch", "-D", "offloop")

    # A second one, and the current branch says which.
    other = hub.publish("other/shop", {"readme": ""})
    git(shop, "remote", "add", "work", other)
    assert done("shop", Plan(push=True, cache=False)).pushed
    assert "offloop" in hub.branches()
    assert "offloop" not in hub.branches("other/shop")
    git(shop, "branch", "--unset-upstream")
    outcome = done("shop", Plan(push=True, cache=False))
    assert outcome.reason == "was not pushed: has several remotes (home, work), and its branch tracks none of them"
    alone = repository(Path("alone"), {"main.py": SLEEPY})
    assert done(str(alone)).reason == "was not pushed: has no remote to push to"


def test_what_was_not_published_is_not_pushed_below(hub: Hub) -> None:
    shop = clone(hub, {"main.py": SLEEPY})
    write(shop, {"secret.py": "x = 1\n"})
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "not for anybody yet")
    outcome = done("shop")
    assert "is on no branch at origin, and would be pushed too; push it first" in outcome.reason
    assert list(hub.branches()) == ["main"]
    write(Path.cwd(), {"list": "shop ref=origin/main"})
    assert done("list", branch="other").pushed
    git(shop, "push", "-q")
    assert done("shop").pushed


def test_a_folder_without_git_is_not_pushed(hub: Hub) -> None:  # noqa: ARG001
    write(Path("plain"), {"main.py": SLEEPY})
    assert done("plain").notes == ("it is no git repository, so nothing was committed or pushed",)


def test_a_pull_request(hub: Hub) -> None:
    url = hub.publish("team/shop", {"main.py": SLOW})
    outcome = run(url, plan=OPEN)["shop"]
    assert outcome.pull_request == "https://github.com/team/shop/pull/1"
    assert outcome.pushed
    (pull,) = hub.pulls()
    assert pull["title"] == "Free the event loop: 2 fixes"
    assert (pull["base"]["ref"], pull["head"]["label"], pull["draft"]) == ("main", "team:offloop", False)
    assert "`main.py:7`" in pull["body"]
    assert "`main.py:8`" in pull["body"]
    assert json.loads(Path("out/summary.json").read_text())["repositories"][0]["pull_request"] == outcome.pull_request
    calls = hub.calls()
    assert [call[1:3] for call in calls] == [
        ["GET", "meta"],
        ["GET", "repos/team/shop/pulls?state=all&per_page=100&head=team%3Aoffloop"],
        ["POST", "repos/team/shop/pulls"],
    ]
    assert {call[0] for call in calls} == {"github.com"}

    # The same again: neither a second one, nor new words for the first.
    assert run(url, plan=OPEN)["shop"].pull_request == outcome.pull_request
    assert len(hub.calls("POST")) == 1
    assert hub.calls("PATCH") == []

    # The project goes on, and so does the pull request.
    hub.commit("team/shop", {"more.py": SLEEPY})
    assert run(url, plan=OPEN)["shop"].pull_request == outcome.pull_request
    (pull,) = hub.pulls()
    assert pull["title"] == "Free the event loop: 3 fixes"
    assert "`more.py:5`" in pull["body"]
    assert len(hub.calls("POST")) == len(hub.calls("PATCH")) == 1


def test_the_branch_a_pull_request_is_meant_for(hub: Hub) -> None:
    shop = clone(hub, {"main.py": SLEEPY})
    hub.commit("team/shop", {"other.py": CLEAN}, "develop")
    hub.commit("team/shop", {"next.py": CLEAN}, "next")
    git(hub.bare(), "tag", "v1", "main")
    git(shop, "fetch", "-q")
    git(shop, "checkout", "-q", "develop")
    write(
        Path.cwd(),
        {
            "list": """
                shop name=tracked
                shop ref=origin/next name=far
                https://github.com/team/shop ref=next name=named
                https://github.com/team/shop ref=v1 name=tag
                https://github.com/team/shop ref=refs/heads/next name=full
            """
        },
    )
    outcomes = run("list", plan=OPEN)
    assert [outcome.reason for outcome in outcomes.values()] == [""] * 5
    assert {row["head"]["label"].removeprefix("team:offloop-"): row["base"]["ref"] for row in hub.pulls()} == {
        "tracked": "develop",
        "far": "next",
        "named": "next",
        "tag": "main",
        "full": "next",
    }


def test_a_fork(hub: Hub) -> None:
    shop = clone(hub, {"main.py": SLEEPY})
    fork = hub.publish("me/shop", {"readme": ""})
    git(shop, "config", "remote.origin.pushurl", fork)
    outcome = run("shop", plan=OPEN)["shop"]
    # The stand-in looks for the branch in the repository itself.
    assert "Validation Failed" in outcome.reason
    assert "offloop" in hub.branches("me/shop")
    assert "offloop" not in hub.branches()
    (call,) = hub.calls("POST")
    assert (call[2], call[3]["head"]) == ("repos/team/shop/pulls", "me:offloop")


def test_a_draft_and_a_template(hub: Hub) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    write(Path.cwd(), {"body.md": "# $repository: $codemods\n\nFor ${repository}.\n\n$findings\n"})
    command = ["bulk", url, "--out", "out", "--pull-request", "--draft", "--body", "body.md", "--per-minute", "600"]
    result = CliRunner().invoke(offloop, command)
    assert result.exit_code == 0, result.output
    assert "on the branch offloop; https://github.com/team/shop/pull/1" in result.stdout
    (pull,) = hub.pulls()
    assert pull["draft"]
    assert pull["title"] == "shop: sleep"
    assert pull["body"].startswith("For `shop`.\r\n\r\n<details>")


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("$repositry", "body.md:1: unknown name 'repositry'; did you mean 'repository'?"),
        ("\n\nfor 5$ only", "body.md:3: a $ without a name; write $$ for the character itself"),
        ("# $findings\n", "body.md:1: $findings is too long for a title"),
        (b"\xff", "body.md: cannot be read"),
        (None, "body.md: cannot be read"),
    ],
)
def test_a_template_that_cannot_be_used(hub: Hub, template: str | bytes | None, message: str) -> None:
    if template is not None:
        Path("body.md").write_bytes(template if isinstance(template, bytes) else template.encode())
    result = CliRunner().invoke(offloop, ["bulk", ".", "--out", "out", "--pull-request", "--body", "body.md"])
    assert result.exit_code == 2
    assert message in result.output
    assert not Path("out").exists()
    assert hub.calls() == []


def test_gh_has_to_be_there_before_anything_is_done(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    command = ["bulk", url, "--out", "out", "--pull-request"]
    (hub.folder / "logged-in").unlink()
    result = CliRunner().invoke(offloop, command)
    assert result.exit_code == 2
    assert (
        "gh cannot ask github.com: it is not logged in; `gh auth login --hostname github.com` logs in" in result.output
    )
    (hub.folder / "bin" / "gh").unlink()
    tools = hub.folder / "tools"
    tools.mkdir()
    (tools / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(tools))
    result = CliRunner().invoke(offloop, command)
    assert result.exit_code == 2
    assert "pull requests are opened with gh (https://cli.github.com), which is not on the PATH" in result.output
    assert not Path("out").exists()
    assert list(hub.branches()) == ["main"]


@pytest.mark.parametrize("option", ["--draft", "--body=x"])
def test_options_that_go_with_pull_requests(project: Path, option: str) -> None:  # noqa: ARG001
    result = CliRunner().invoke(offloop, ["bulk", ".", "--out", "out", option])
    assert result.exit_code == 2
    assert f"{option.partition('=')[0]} says something about --pull-request" in result.output


def test_what_is_not_on_github(hub: Hub) -> None:
    hub.publish("team/shop", {"main.py": SLEEPY})
    outcome = run(hub.bare().as_uri(), plan=OPEN)["shop"]
    assert outcome.reason == (
        "was not pushed: the URL of its remote origin is not one of GitHub, where gh opens pull requests"
    )
    assert list(hub.branches()) == ["main"]
    outcome = run(hub.bare().as_uri(), plan=PUSH)["shop"]
    assert outcome.pushed
    assert outcome.pull_request == ""


def test_a_rate_limit_is_waited_for(hub: Hub) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    hub.trouble("POST", "403 1", "429 1")
    outcome = run(url, plan=OPEN)["shop"]
    assert outcome.pull_request
    assert len(hub.calls("POST")) == 3


def test_a_host_that_is_down_for_a_moment(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github, "_SOON", 0.01)
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    hub.trouble("POST", "down", "down")
    assert run(url, plan=OPEN)["shop"].pull_request
    assert len(hub.pulls()) == 1


def test_trouble_with_one_does_not_stop_the_others(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github, "_SOON", 0.01)
    urls = [hub.publish(f"team/{name}", {"main.py": SLEEPY}) for name in ("shop", "web")]
    hub.trouble("POST", *["down"] * 5)
    outcomes = run(*urls, plan=OPEN, jobs=1)
    assert [outcome.status for outcome in outcomes.values()] == ["failed", "fixed"]
    assert outcomes["shop"].reason == "has no pull request: error connecting to api.github.com"
    assert outcomes["shop"].pushed
    assert outcomes["web"].pull_request == "https://github.com/team/web/pull/1"
    pushed = hub.branches()["offloop"]
    outcomes = run(*urls, plan=OPEN, only="failed", resume=True)
    assert outcomes["shop"].pull_request == "https://github.com/team/shop/pull/1"
    assert hub.branches()["offloop"] == pushed
    assert len(hub.pulls("team/web")) == 1


def test_a_limit_that_lasts_too_long(hub: Hub) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    hub.trouble("POST", "403 7200")
    outcome = run(url, plan=OPEN)["shop"]
    assert outcome.reason.startswith("has no pull request: You have exceeded a secondary rate limit.")


@pytest.mark.parametrize(
    "answer", ["{}", '["x"]', '[{"state": "open"}]', '[{"state": "open", "title": "", "body": 1}]']
)
def test_answers_of_another_form(hub: Hub, answer: str) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    (hub.folder / "bin" / "gh").write_text(f"#!/bin/sh\nprintf 'HTTP/2.0 200 OK\\n\\r\\n{answer}'\n")
    outcome = run(url, plan=OPEN)["shop"]
    assert outcome.reason.startswith("has no pull request: something unexpected: ")


def test_what_was_closed_is_not_opened_again(hub: Hub) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    first = run(url, plan=OPEN)["shop"].pull_request
    hub.close()
    outcome = run(url, plan=OPEN)["shop"]
    assert outcome.pull_request == first
    assert outcome.notes == ("its pull request was closed, and nothing has changed since",)
    hub.commit("team/shop", {"more.py": SLEEPY})
    assert run(url, plan=OPEN)["shop"].pull_request == "https://github.com/team/shop/pull/2"


def test_the_pace(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = [hub.publish(f"team/{name}", {"main.py": SLEEPY}) for name in "abc"]
    pauses: list[float] = []
    monkeypatch.setattr(pull_requests, "time", SimpleNamespace(sleep=pauses.append, monotonic=time.monotonic))
    run(*urls, plan=Plan(pull_request=True, per_minute=0.01), jobs=3)
    assert len(pauses) == 2
    assert 5900 < pauses[0] <= 6000 < pauses[1] <= 12000


KILLED = """
import os, sys
from codemods.cli import main
from codemods.repositories import pull_requests

def killed(self, outcome):
    os.kill(os.getpid(), 9)

pull_requests.PullRequests.settle = killed
sys.argv = ["offloop", *sys.argv[1:]]
main()
"""


def test_a_run_that_was_killed_between_push_and_pull_request(hub: Hub) -> None:
    url = hub.publish("team/shop", {"main.py": SLEEPY})
    arguments = ["bulk", url, "--out", "out", "--pull-request", "--resume"]
    Path("killed.py").write_text(KILLED)
    done = subprocess.run([sys.executable, "-P", "killed.py", *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    assert "offloop" in hub.branches()
    assert hub.pulls() == []
    log = Path("out/repos/shop/log.txt").read_text()
    result = CliRunner().invoke(offloop, arguments)
    assert result.exit_code == 0, result.output
    assert "https://github.com/team/shop/pull/1" in result.stdout
    assert Path("out/repos/shop/log.txt").read_text() == log, "the work was done again"
    assert CliRunner().invoke(offloop, arguments).exit_code == 0
    assert len(hub.pulls()) == len(hub.calls("POST")) == 1


def test_nobody_reads_a_password(hub: Hub) -> None:
    hub.publish("team/shop", {"main.py": SLEEPY})
    hub.publish("team/web", {"main.py": SLEEPY})
    with hub.served("someone", "s3cret=") as start:
        urls = [f"{start.replace('//', '//someone:s3cret=@')}/team/{name}.git" for name in ("shop", "web", "gone")]
        hub.trouble("POST", "422 0")
        command = ["bulk", *urls, "--out", "out", "--pull-request", "--per-minute", "6000"]
        command += ["--verify", "git remote -v; env; exit 0"]
        result = CliRunner().invoke(offloop, command)
        assert result.exit_code == 2
        assert result.output.count("s3cret") == 0
        assert [call[3]["title"] for call in hub.calls("POST")] == ["Free the event loop: 1 fix"] * 2
        assert len(hub.pulls("team/shop") + hub.pulls("team/web")) == 1
        assert "shop: fixed" in result.output or "web: fixed" in result.output
        assert "gone: failed" in result.output
        assert "offloop" in hub.branches()
        # Nor does a second run, which finds the branch there and looks into it.
        hub.commit("team/shop", {"more.py": SLEEPY})
        assert "s3cret" not in CliRunner().invoke(offloop, command).output
    files = [file for file in Path("out").rglob("*") if file.is_file()]
    assert {"config", "log.txt", "journal.jsonl", "summary.html", "pull-request.json"} <= {file.name for file in files}
    assert [file for file in files if b"s3cret" in file.read_bytes()] == []
    # What is left is a clone that asks for the password as any other does.
    assert git(Path("out/repos/shop/clone"), "config", "remote.origin.url") == f"{start}/team/shop.git\n"


def test_answers_that_are_none(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    script = hub.folder / "bin" / "gh"
    script.write_text("#!/bin/sh\nprintf 'HTTP/2.0 200 OK\\n\\r\\n<html>'\n")
    with pytest.raises(GitHubError, match="not JSON"):
        github.ask("github.com", "GET", "meta")
    script.write_text("#!/bin/sh\nsleep 60\n")
    monkeypatch.setattr(github, "_SECONDS", 0.2)
    with pytest.raises(GitHubError, match="took longer"):
        github.ask("github.com", "GET", "meta")
    script.write_text("#!/no/such/shell\n")
    with pytest.raises(GitHubError, match="cannot be run"):
        github.ask("github.com", "GET", "meta")
    reset = "HTTP/2.0 403 Forbidden\\nX-RateLimit-Remaining: 0\\r\\nX-RateLimit-Reset: 99999999999\\r\\n\\r\\n{}"
    script.write_text(f"#!/bin/sh\nprintf '{reset}'\necho 'gh: API rate limit exceeded (HTTP 403)' >&2\nexit 1\n")
    with pytest.raises(GitHubError) as caught:
        github.ask("github.com", "GET", "meta")
    assert caught.value.later > 10**6
