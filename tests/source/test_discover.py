from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from codemods.source import Exclude, File, discover, root_of
from tests.support import commit, git, write

if TYPE_CHECKING:
    import pytest


def shown(*paths: str, exclude: tuple[Exclude, ...] = ()) -> list[str]:
    files, faults = discover(paths or (".",), exclude)
    assert faults == ()
    return [file.path for file in files]


def test_nothing_there(project: Path) -> None:
    assert shown() == []
    assert list(project.iterdir()) == []


def test_walk_skips_what_is_not_the_project(project: Path) -> None:
    kept = ["a.py", "pkg/b.py", "pkg/deep/er/c.py"]
    left = [".hidden/a.py", "node_modules/a.py", "__pycache__/a.py", "build/a.py", "dist/a.py", "x.egg-info/a.py"]
    left += ["env/pyvenv.cfg", "env/lib/a.py", "notes.txt", "b.pyc"]
    write(project, dict.fromkeys([*kept, *left], ""))
    (project / "folder.py").mkdir()
    assert shown() == kept


def test_git_lists_tracked_and_new_files(project: Path) -> None:
    write(project, {".gitignore": "ignored.py\n", "build/tracked.py": "", "a.py": "", "gone.py": ""})
    commit(project)
    (project / "gone.py").unlink()
    new = ["new.py", "ignored.py", ".venv/lib/a.py", "env/pyvenv.cfg", "env/a.py", "node_modules/a.py"]
    write(project, dict.fromkeys(new, ""))
    assert shown() == ["a.py", "build/tracked.py", "new.py"]


def test_named_paths_always_win(project: Path) -> None:
    write(project, {".gitignore": "ignored\n", "ignored/a.py": "", ".hidden/b.py": "", "script": "", "a.py": ""})
    commit(project)
    everything = Exclude(("*",), project)
    assert shown("ignored/a.py", "script", exclude=(everything,)) == ["ignored/a.py", "script"]
    assert shown("ignored", ".hidden") == [".hidden/b.py", "ignored/a.py"]


def test_exclude_takes_gitignore_patterns(project: Path) -> None:
    write(project, {"a.py": "", "tests/b.py": "", "app/tests/c.py": "", "app/keep.py": "", "app/gen_x.py": ""})
    assert shown(exclude=(Exclude(("/tests", "gen_*.py"), project),)) == ["a.py", "app/keep.py", "app/tests/c.py"]
    assert shown(exclude=(Exclude(("*.py",), project / "app"),)) == ["a.py", "tests/b.py"]


def test_symlinks_are_named_or_left(project: Path) -> None:
    write(project, {"real.py": "", "pkg/a.py": ""})
    (project / "link.py").symlink_to("real.py")
    (project / "pkg/loop").symlink_to(project, target_is_directory=True)
    (project / "dangling.py").symlink_to("nowhere")
    assert shown() == ["pkg/a.py", "real.py"]
    assert discover(["link.py"])[0] == (File("link.py", project / "real.py"),)
    # The same file twice is one file.
    assert [file.path for file in discover(["link.py", "real.py"])[0]] == ["link.py"]
    commit(project)
    assert shown() == ["pkg/a.py", "real.py"]


def test_odd_names(project: Path) -> None:
    names = [b"caf\xe9.py", "naïve.py".encode(), b"a b.py", b'quo"te.py', b"new\nline.py"]
    for name in names:
        (project / os.fsdecode(name)).write_bytes(b"")
    expected = sorted(os.fsdecode(name) for name in names)
    assert shown() == expected
    commit(project)
    assert shown() == expected


def test_repositories_inside(project: Path) -> None:
    write(project, {"a.py": "", "inner/b.py": "", "module/c.py": ""})
    commit(project / "inner")
    commit(project / "module")
    git(project, "init", "-q")
    git(project, "-c", "protocol.file.allow=always", "submodule", "add", "-q", "./module", "module")
    assert shown() == ["a.py", "inner/b.py", "module/c.py"]
    git(project, "submodule", "deinit", "-q", "--force", "module")
    assert (project / "module").is_dir()
    assert shown() == ["a.py", "inner/b.py"]


def test_paths_outside(project: Path) -> None:
    write(project.parent, {"other/a.py": ""})
    assert shown("../other") == ["../other/a.py"]


def test_faults_name_the_path(project: Path) -> None:
    os.mkfifo(project / "pipe")
    files, faults = discover(["missing.py", "pipe"])
    assert files == ()
    assert [(fault.path, fault.message) for fault in faults] == [
        ("missing.py", "no such file or folder"),
        ("pipe", "neither a file nor a folder, so there is nothing to read"),
    ]


def test_a_folder_that_cannot_be_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {"a.py": "", "closed/b.py": ""})
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    files, faults = discover(["."])
    assert [file.path for file in files] == ["a.py"]
    assert [(fault.path, fault.message) for fault in faults] == [
        ("closed", "the folder cannot be read: Permission denied")
    ]


def test_without_git(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {".gitignore": "a.py\n", "a.py": ""})
    commit(project)
    shutil.rmtree(project / ".git" / "objects")
    monkeypatch.setenv("PATH", "/nowhere")
    root_of.cache_clear()
    assert shown() == ["a.py"]
