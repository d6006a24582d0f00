"""All that is done with one repository."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from codemods.config import Wishes
from codemods.repositories.entries import read
from codemods.repositories.task import Plan, Task, packed, unpacked
from codemods.repositories.worker import work
from tests.repositories.support import CLEAN, FIXED, SLEEPY, SLOW, repository
from tests.support import commit, git, write

if TYPE_CHECKING:
    from pathlib import Path

    from codemods.model import Outcome

UNSAFE = Wishes(unsafe=True)
COMMIT = Plan(commit=True)


def done(project: Path, where: str = "shop", plan: Plan | None = None, branch: str = "offloop") -> Outcome:
    (entry,) = read([where], ("sleep", "offload"))
    return work(Task(entry, plan or Plan(), branch, str(project / "out")))


def result(project: Path, file: str, name: str = "shop") -> str:
    return (project / "out" / "repos" / name / file).read_text()


def test_clean(project: Path) -> None:
    repository(project / "shop", {"main.py": CLEAN})
    outcome = done(project)
    assert (outcome.status, outcome.files, outcome.findings, outcome.changed) == ("clean", 1, 0, ())
    assert result(project, "changes.patch") == ""
    assert '"findings": []' in result(project, "report.json")
    assert result(project, "log.txt").endswith("clean\n")


def test_fixed(project: Path) -> None:
    shop = repository(project / "shop", {"main.py": SLEEPY})
    outcome = done(project)
    assert (outcome.status, outcome.findings, outcome.fixed, outcome.left) == ("fixed", 1, 1, 0)
    assert outcome.changed == ("main.py",)
    assert outcome.branch == outcome.head == outcome.verified == ""
    git(shop, "apply", str(project / "out" / "repos" / "shop" / "changes.patch"))
    assert (shop / "main.py").read_text() == FIXED


def test_open(project: Path) -> None:
    repository(project / "shop", {"main.py": SLOW, "broken.py": "def (:\n"})
    outcome = done(project)
    assert (outcome.status, outcome.errors, outcome.findings, outcome.fixed) == ("open", 1, 3, 2)
    assert done(project, plan=Plan(UNSAFE)).left == 0


@pytest.mark.parametrize(
    ("files", "reason"),
    [({"README": "x"}, "has no Python files"), ({}, "has no Python files")],
)
def test_nothing_to_read(project: Path, files: dict[str, str | bytes], reason: str) -> None:
    repository(project / "shop", files)
    outcome = done(project)
    assert (outcome.status, outcome.reason, outcome.trouble) == ("empty", reason, False)


def test_no_commits(project: Path) -> None:
    (project / "shop").mkdir()
    git(project / "shop", "init", "-q")
    assert done(project).status == "empty"
    assert done(project).reason == "has no commits"


def test_a_folder_that_is_not_there(project: Path) -> None:
    repository(project / "shop", {"main.py": SLEEPY})
    (project / "list").write_text("shop folder=api\nshop name=up folder=api/../..\n")
    for entry in read(["list"], ()):
        outcome = work(Task(entry, Plan(), "", str(project / "out")))
        assert outcome.status == "failed"
        assert outcome.reason.startswith("has no folder 'api")


def test_a_folder_of_a_repository(project: Path) -> None:
    repository(project / "shop", {"a/main.py": SLEEPY, "b/main.py": SLEEPY})
    outcome = done(project, "shop/b")
    assert outcome.changed == ("b/main.py",)
    assert "a/main.py" not in result(project, "changes.patch", "shop-b")


def test_without_git(project: Path) -> None:
    write(project, {"shop/main.py": SLEEPY})
    outcome = done(project, plan=Plan(commit=True, verify="true"))
    assert (outcome.status, outcome.commit, outcome.branch) == ("fixed", "", "")
    assert outcome.notes == ("it is no git repository, so nothing was committed or checked",)
    assert "+    await asyncio.sleep(1)" in result(project, "changes.patch")
    assert (project / "shop" / "main.py").read_text() != FIXED
    assert done(project).notes == ()


def test_what_is_not_committed_is_not_read(project: Path) -> None:
    shop = repository(project / "shop", {"main.py": SLEEPY})
    write(shop, {"main.py": CLEAN})
    outcome = done(project)
    assert outcome.findings == 1
    assert outcome.notes == ("it has uncommitted changes, which were not looked at",)


def test_submodules(project: Path) -> None:
    lib = repository(project / "lib", {"main.py": SLEEPY})
    shop = repository(project / "shop", {"main.py": SLEEPY})
    git(shop, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(lib), "lib")
    commit(shop)
    outcome = done(project)
    assert outcome.findings == 1
    assert outcome.notes == ("its submodules were not looked at: lib",)


def test_settings_come_from_the_repository_the_manifest_and_the_command(project: Path) -> None:
    own = "[tool.offloop]\nignore = ['sleep']\nimpact = 'low'\n"
    repository(project / "shop", {"main.py": SLEEPY, "pyproject.toml": own})
    write(project, {"all.toml": "[[repository]]\npath = 'shop'\nsettings = { ignore = [], exclude = ['main.py'] }\n"})
    assert done(project).findings == 0
    assert done(project, plan=Plan(Wishes(select=("sleep",)))).findings == 1
    outcome = done(project, "all.toml")
    assert (outcome.status, outcome.files) == ("empty", 0)


def test_settings_that_cannot_be_used(project: Path) -> None:
    repository(project / "shop", {"main.py": SLEEPY, "pyproject.toml": "[tool.offloop]\nignroe = []\n"})
    outcome = done(project)
    assert outcome.status == "failed"
    assert outcome.reason == "pyproject.toml:2: unknown key 'ignroe'; did you mean 'ignore'?"


def test_one_commit_a_codemod(project: Path) -> None:
    shop = repository(project / "shop", {"main.py": SLOW, "other.py": SLEEPY})
    outcome = done(project, plan=replace(COMMIT, wishes=UNSAFE))
    assert outcome.branch == "offloop"
    assert outcome.head == git(shop, "rev-parse", "offloop").strip()
    log = git(shop, "log", "--format=%s|%(trailers:key=Offloop-Codemod,valueonly,separator=)", "offloop").splitlines()
    assert log == [
        "Free the event loop: 3 fixes by sleep|sleep",
        "Free the event loop: 1 fix by offload|offload",
        "all|",
    ]
    body = git(shop, "log", "-1", "--format=%b", "offloop")
    assert "- other.py:5: time.sleep stalled the loop in main: " in body
    assert git(shop, "diff", "HEAD", "offloop", "--stat").count("|") == 2
    assert git(shop, "diff", "--quiet", "HEAD", "offloop~2") == ""
    assert git(shop, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("check", "verdict"),
    [
        ("grep -q asyncio main.py || grep -q time.sleep main.py", "passed"),
        ("! grep -q asyncio main.py", "failed"),
        ("exit 1", "failed, as before"),
        ("grep -q asyncio main.py", "passed"),
        ("! grep -q asyncio main.py || sleep 60", "took too long"),
    ],
)
def test_its_own_check(project: Path, check: str, verdict: str) -> None:
    repository(project / "shop", {"main.py": SLEEPY})
    outcome = done(project, plan=Plan(verify=f"echo said; {check}", verify_seconds=1, commit=True))
    assert outcome.verified == verdict
    assert outcome.trouble is (verdict != "passed")
    assert outcome.branch == "offloop"
    assert result(project, "changes.patch")
    assert result(project, "log.txt").count("said\n") == (1 if verdict == "took too long" else 2)


def test_a_check_is_not_asked_where_nothing_changes(project: Path) -> None:
    repository(project / "shop", {"main.py": CLEAN})
    assert done(project, plan=Plan(verify="exit 1")).verified == ""


def test_a_url(project: Path) -> None:
    shop = repository(project / "shop", {"main.py": SLEEPY})
    outcome = done(project, shop.as_uri(), COMMIT)
    clone = project / "out" / "repos" / "shop" / "clone"
    assert outcome.head == git(clone, "rev-parse", "offloop").strip()
    assert git(clone, "show", "offloop:main.py") == FIXED
    assert git(shop, "branch", "--list", "offloop") == ""


def test_an_unknown_url(project: Path) -> None:
    url = f"{project.as_uri().replace('file://', 'file://me:secret@localhost')}/gone.git"
    outcome = done(project, url)
    assert outcome.status == "failed"
    assert "git ls-remote: " in outcome.reason
    assert "secret" not in f"{outcome}{result(project, 'log.txt', 'gone')}"


def test_a_process_of_its_own(project: Path) -> None:
    repository(project / "shop", {"main.py": SLEEPY})
    (entry,) = read(["shop"], ())
    given = Task(entry, Plan(), "", str(project / "out")).pack()
    command = [sys.executable, "-m", "codemods.repositories.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(len(given).to_bytes(8, "big") + given)
        process.stdin.flush()
        outcome = unpacked(process.stdout.read())
    assert outcome.status == "fixed"
    assert unpacked(packed(outcome)) == outcome
