from __future__ import annotations

import os
from pathlib import Path

import pytest

from codemods.model import Change
from codemods.source import RefusedError, write_all, write_bytes
from tests.support import commit, write


def change(file: Path, before: bytes = b"old", after: bytes = b"new") -> Change:
    return Change(file.name, file, before, after, ())


@pytest.fixture
def three(project: Path) -> list[Path]:
    files = [project / name for name in ("a.py", "b.py", "c.py")]
    for file in files:
        file.write_bytes(b"old")
    return files


def refusal(changes: list[Change], *, allow_dirty: bool = False) -> list[tuple[str, str]]:
    with pytest.raises(RefusedError) as caught:
        write_all(changes, allow_dirty=allow_dirty)
    return [(fault.path, fault.message) for fault in caught.value.faults]


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder, temporary ones among them."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def test_nothing_to_write() -> None:
    write_all([], allow_dirty=False)


def test_writes_and_keeps_the_mode(three: list[Path]) -> None:
    three[0].chmod(0o755)
    write_all([change(file) for file in three], allow_dirty=False)
    assert contents(three[0].parent) == {"a.py": b"new", "b.py": b"new", "c.py": b"new"}
    assert three[0].stat().st_mode & 0o777 == 0o755


def test_writes_through_symlinks(project: Path) -> None:
    write(project, {"real/a.py": b"old"})
    link = project / "link.py"
    link.symlink_to("real/a.py")
    write_all([change(link)], allow_dirty=False)
    assert link.is_symlink()
    assert (project / "real/a.py").read_bytes() == b"new"
    assert contents(project / "real") == {"a.py": b"new"}


def test_refuses_dirty_files(three: list[Path]) -> None:
    a, b, c = three
    c.unlink()
    commit(a.parent)
    c.write_bytes(b"old")
    b.write_bytes(b"changed")
    write_all([change(a)], allow_dirty=False)
    a.write_bytes(b"old")
    message = "has uncommitted changes; commit or stash them, or pass --allow-dirty"
    assert refusal([change(a), change(b, b"changed"), change(c)]) == [("b.py", message), ("c.py", message)]
    assert contents(a.parent) == {"a.py": b"old", "b.py": b"changed", "c.py": b"old"}
    write_all([change(a), change(b, b"changed"), change(c)], allow_dirty=True)
    assert set(contents(a.parent).values()) == {b"new"}


def test_refuses_what_changed_meanwhile(three: list[Path]) -> None:
    three[1].write_bytes(b"someone else's")
    three[2].unlink()
    faults = refusal([change(file) for file in three])
    assert faults == [
        ("b.py", "changed on disk while offloop was at work; run it again"),
        ("c.py", "can no longer be read: No such file or directory"),
    ]
    assert contents(three[0].parent) == {"a.py": b"old", "b.py": b"someone else's"}


def test_refuses_read_only_files(three: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _mode: path.name != "b.py")
    assert refusal([change(file) for file in three]) == [("b.py", "is read-only; make it writable, or leave it out")]
    assert set(contents(three[0].parent).values()) == {b"old"}


def test_a_full_disk_leaves_all_as_it_was(three: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def full(handle: int) -> None:
        calls.append(handle)
        # The first is the journal, the second a.py.
        if len(calls) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refusal([change(file) for file in three]) == [
        ("b.py", "could not be written (No space left on device); no file was changed")
    ]
    assert contents(three[0].parent) == dict.fromkeys(["a.py", "b.py", "c.py"], b"old")


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_a_failure_in_the_middle_is_undone(
    three: list[Path], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    replace = os.replace
    three[0].chmod(0o755)

    def fail(source: Path, target: Path) -> None:
        if Path(target).name == "c.py":
            raise error
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else RefusedError):
        write_all([change(file) for file in three], allow_dirty=False)
    assert contents(three[0].parent) == dict.fromkeys(["a.py", "b.py", "c.py"], b"old")
    assert three[0].stat().st_mode & 0o777 == 0o755


def test_says_which_file_could_not_be_put_back(three: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace
    done: list[Path] = []

    def fail(source: Path, target: Path) -> None:
        if done:
            raise OSError(5, "Input/output error")
        done.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    faults = refusal([change(file) for file in three])
    assert faults == [
        ("a.py", "holds its new contents: writing failed, and so did putting it back (Input/output error)")
    ]
    assert three[0].read_bytes() == b"new"
    assert three[1].read_bytes() == b"old"


def test_write_bytes(project: Path) -> None:
    file = project / "report.json"
    write_bytes(file, b"{}")
    write_bytes(file, b"[]")
    assert contents(project) == {"report.json": b"[]"}
    assert file.stat().st_mode & 0o111 == 0
    with pytest.raises(FileNotFoundError):
        write_bytes(project / "nowhere" / "report.json", b"")
