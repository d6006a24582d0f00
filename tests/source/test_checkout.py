"""Commits in folders of their own, and branches, against real repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from codemods.model import Change
from codemods.source import COMMIT_MARK, EmptyError, Repository, RepositoryError, asking, head_of, is_url, programs
from tests.support import commit, git, write

if TYPE_CHECKING:
    from pathlib import Path

    from codemods.source import Checkout, Done

MESSAGE = f"change\n\n{COMMIT_MARK}: sleep"


@pytest.fixture
def made(project: Path) -> Path:
    """A repository with a commit."""
    write(project, {"made/main.py": "x = 1\n", "made/a b/ü.py": "y = 1\n"})
    commit(project / "made")
    return project / "made"


def changed(place: Checkout, name: str = "main.py", after: bytes = b"x = 2\n") -> Change:
    return Change(name, place.folder / name, b"", after, ())


def commits(folder: Path, branch: str) -> list[str]:
    return git(folder, "log", "--format=%s", branch).splitlines()


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        ("https://example.org/x", True),
        ("file:///home/x", True),
        ("git@example.org:x/y.git", True),
        ("/home/x", False),
        ("../x", False),
        ("C:\\x", False),
        ("a@b/c", False),
    ],
)
def test_urls(where: str, answer: bool) -> None:  # noqa: FBT001
    assert is_url(where) is answer


def test_commits_by_name(made: Path) -> None:
    head = git(made, "rev-parse", "HEAD").strip()
    git(made, "tag", "-a", "v1", "-m", "one")
    for where in (str(made), made.as_uri()):
        for ref in ("", "v1", head):
            assert Repository(where, ref).commit() == head


def test_a_branch_that_only_the_remote_has(made: Path, project: Path) -> None:
    git(made, "checkout", "-q", "-b", "release")
    git(made, "commit", "-q", "--allow-empty", "-m", "more")
    head = git(made, "rev-parse", "HEAD").strip()
    git(made, "checkout", "-q", "-")
    git(project, "clone", "-q", str(made), "clone")
    assert Repository(str(project / "clone"), "release").commit() == head


@pytest.mark.parametrize("ref", ["nope", "-x"])
def test_a_name_that_is_not_there(made: Path, ref: str) -> None:
    for where in (str(made), made.as_uri()):
        with pytest.raises(RepositoryError, match=f"has no branch.*'{ref}'"):
            Repository(where, ref).commit()


def test_places_without_a_commit(project: Path) -> None:
    with pytest.raises(RepositoryError, match="no such folder"):
        Repository(str(project / "gone")).commit()
    write(project, {"file": ""})
    with pytest.raises(RepositoryError, match="is not a folder"):
        Repository(str(project / "file")).commit()
    with pytest.raises(RepositoryError, match="git ls-remote: "):
        Repository((project / "gone").as_uri()).commit()
    assert Repository(str(project)).commit() == ""
    git(project, "init", "-q")
    for where in (str(project), project.as_uri()):
        with pytest.raises(EmptyError, match="has no commits"):
            Repository(where).commit()


@pytest.mark.parametrize("way", ["path", "url"])
def test_a_checkout(made: Path, project: Path, way: str) -> None:
    write(made, {"main.py": "x = 'not committed'\n"})
    repository = Repository(str(made) if way == "path" else made.as_uri())
    with repository.checked_out(repository.commit(), project / "work") as place:
        assert (place.folder / "main.py").read_text() == "x = 1\n"
        assert (place.folder / "a b" / "ü.py").exists()
        assert place.submodules() == []
    assert not (project / "work").exists()
    assert (made / "main.py").read_text() == "x = 'not committed'\n"
    assert "work" not in git(made, "worktree", "list")
    assert list(repository.remarks()) == (
        ["it has uncommitted changes, which were not looked at"] if way == "path" else []
    )


def test_what_a_killed_run_left_is_no_hindrance(made: Path, project: Path) -> None:
    repository = Repository(str(made))
    git(made, "worktree", "add", "-q", "--detach", str(project / "work"))
    write(project, {"work/rest.py": ""})
    with repository.checked_out(repository.commit(), project / "work") as place:
        assert not (place.folder / "rest.py").exists()


def test_submodules_are_named(made: Path, project: Path) -> None:
    git(made, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(made), "libs/x")
    git(made, "commit", "-q", "-m", "more")
    repository = Repository(str(made))
    with repository.checked_out(repository.commit(), project / "work") as place:
        assert place.submodules() == ["libs/x"]


def test_hooks_are_not_run(made: Path, project: Path) -> None:
    for name in ("post-checkout", "pre-commit", "commit-msg", "post-commit"):
        hook = made / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {project}/RAN\n")
        hook.chmod(0o755)
    repository = Repository(str(made))
    with repository.checked_out(repository.commit(), project / "work") as place:
        place.branch("offloop", place.commit([changed(place)], MESSAGE))
    assert not (project / "RAN").exists()


@pytest.mark.parametrize("way", ["path", "url"])
def test_a_branch(made: Path, project: Path, way: str) -> None:
    repository = Repository(str(made) if way == "path" else made.as_uri())
    with repository.checked_out(repository.commit(), project / "work") as place:
        place.commit([changed(place, "a b/ü.py", b"y = 2\n")], MESSAGE)
        head = place.commit([changed(place)], MESSAGE)
        assert place.branch("offloop", head) == head
        home = made if way == "path" else place.folder
        assert head_of(home, "offloop") == head
        assert commits(home, "offloop") == ["change", "change", "all"]
        assert git(home, "show", "offloop:a b/ü.py") == "y = 2\n"
    assert (made / "main.py").read_text() == "x = 1\n"
    assert head_of(made, "other") == ""


def test_a_branch_that_is_there_already(made: Path, project: Path) -> None:
    repository = Repository(str(made))

    def again(after: bytes) -> tuple[str, str]:
        with repository.checked_out(repository.commit(), project / "work") as place:
            head = place.commit([changed(place, after=after)], f"change to {after!r}\n\n{COMMIT_MARK}: sleep")
            return head, place.branch("offloop", head)

    first, branch = again(b"x = 2\n")
    assert branch == first
    git(made, "commit", "-q", "--allow-empty", "-m", "more")
    head, branch = again(b"x = 3\n")
    assert branch == head != first
    assert again(b"x = 3\n")[1] == branch
    git(made, "checkout", "-q", "offloop")
    with pytest.raises(RepositoryError, match="offloop"):
        again(b"x = 4\n")
    write(made, {"main.py": "x = 5\n"})
    git(made, "commit", "-q", "-a", "-m", "by hand")
    git(made, "checkout", "-q", "-")
    with pytest.raises(RepositoryError, match="the branch offloop has commits that offloop did not make"):
        again(b"x = 4\n")


def test_a_name_that_no_branch_can_have(made: Path, project: Path) -> None:
    repository = Repository(str(made))
    with (
        repository.checked_out(repository.commit(), project / "work") as place,
        pytest.raises(RepositoryError, match="cannot be the name of a branch"),
    ):
        place.branch("a b", place.base)


def test_the_network_is_asked_again(monkeypatch: pytest.MonkeyPatch, made: Path) -> None:
    asked: list[str] = []
    run = programs.run

    def flaky(command: list[str], folder: Path | None, *, seconds: float, environment: dict[str, str]) -> Done:
        asked.append(command[-1])
        broken = len(asked) == 1
        command = ["sh", "-c", "echo fatal: the remote end hung up unexpectedly >&2; exit 128"] if broken else command
        return run(command, folder, seconds=seconds, environment=environment)

    monkeypatch.setattr(asking, "run", flaky)
    monkeypatch.setattr(asking, "_PAUSES", (0, 0))
    assert Repository(made.as_uri()).commit()
    assert asked == [made.as_uri()] * 2
