from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.source.git import base_of, dirty, ignores, listed, root_of
from tests.support import commit, write

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_outside_git(project: Path) -> None:
    write(project, {"a.py": ""})
    assert root_of(project) is None
    assert listed(project) is None
    assert not ignores(project)
    assert dirty([project / "a.py"]) == ()
    assert base_of(project / "a.py") == project


def test_without_git(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert root_of(project) is None


def test_inside(project: Path) -> None:
    write(project, {".gitignore": "out\n", "pkg/a.py": "", "out/b.py": "", "[ab].py": ""})
    commit(project)
    assert root_of(project / "pkg") == project
    assert base_of(project / "pkg/a.py") == project
    assert ignores(project / "out")
    assert not ignores(project / "pkg")
    assert listed(project / "pkg") == (("a.py",), ())
    write(project, {"pkg/new.py": ""})
    assert listed(project / "pkg") == (("a.py",), ("new.py",))


def test_dirty(project: Path) -> None:
    names = ["clean.py", "changed.py", "staged.py", "[ab].py", "é b.py"]
    write(project, {".gitignore": "ignored.py\n", **dict.fromkeys(names, "")})
    commit(project)
    other = project.parent / "other"
    write(other, {"a.py": ""})
    commit(other)
    write(project, {"changed.py": "1\n", "é b.py": "1\n", "new.py": "", "ignored.py": ""})
    write(other, {"a.py": "1\n"})
    files = [project / name for name in (*names, "new.py", "ignored.py")]
    expected = [project / name for name in ("changed.py", "new.py", "é b.py")]
    assert dirty([*files, other / "a.py"]) == tuple(sorted([*expected, other / "a.py"]))


def test_inside_a_hook(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {"pkg/a.py": ""})
    commit(project)
    write(project, {"pkg/a.py": "1\n"})
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index.lock")
    assert root_of(project / "pkg") == project
    assert dirty([project / "pkg/a.py"]) == (project / "pkg/a.py",)


def test_many_files(project: Path) -> None:
    names = [f"{'long' * 40}_{number}.py" for number in range(450)]
    write(project, dict.fromkeys(names, ""))
    commit(project)
    write(project, {names[-1]: "1\n"})
    assert dirty(project / name for name in names) == (project / names[-1],)
