"""The folder of a bulk run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from codemods.source import FolderError, Results, RunFolder, cache, is_marked, runs
from tests.support import write

if TYPE_CHECKING:
    from pathlib import Path


def test_the_journal_stays(project: Path) -> None:
    folder = RunFolder(project / "out")
    folder.note({"name": "a"})
    folder.note({"name": "b"})
    folder.close()
    with (project / "out" / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"name": "c", "ou')
    folder = RunFolder(project / "out")
    folder.note({"name": "d"})
    assert [row["name"] for row in folder.rows()] == ["a", "b", "d"]
    folder.begin()
    assert list(folder.rows()) == []
    folder.close()


def test_one_run_at_a_time(project: Path) -> None:
    folder = RunFolder(project / "out")
    with pytest.raises(FolderError, match="another bulk run is at work there"):
        RunFolder(project / "out")
    folder.close()
    RunFolder(project / "out").close()


def test_folders_that_cannot_be_used(project: Path) -> None:
    write(project, {"full/x": "", "file": ""})
    with pytest.raises(FolderError, match="is not empty, and no bulk run made it"):
        RunFolder(project / "full")
    with pytest.raises(FolderError, match="cannot be written to"):
        RunFolder(project / "file" / "out")


def test_the_log_says_no_passwords(project: Path) -> None:
    results = Results(project, "x")
    results.say("asking https://me:secret@host/x\n")
    assert (project / "repos" / "x" / "log.txt").read_text() == "asking https://***@host/x\n"


def test_results_are_kept_for_any_run_to_come(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Results(project / "one", "x")
    one.write("report.json", b"{}")
    one.write("changes.patch", b"diff")
    one.say("went well")
    one.remember("key", b"outcome")
    other = Results(project / "two", "y")
    assert other.recall("nothing") is None
    assert other.recall("key") == b"outcome"
    assert {file.name: file.read_bytes() for file in other.folder.iterdir()} == {
        "report.json": b"{}",
        "changes.patch": b"diff",
        "log.txt": b"went well\n",
    }
    monkeypatch.setattr(runs, "_KEPT", 1)
    own = cache.own_folder()
    assert own
    os.utime(own / "bulk" / "key", (0, 0))
    one.remember("other", b"outcome")
    assert other.recall("key") is None
    assert other.recall("other") == b"outcome"
    monkeypatch.setattr(runs, "own_folder", lambda: None)
    one.remember("more", b"outcome")
    assert other.recall("more") is None


def test_a_mark_is_there_as_long_as_its_run(project: Path) -> None:
    folder = RunFolder(project)
    (project / "running-left").touch()
    assert is_marked(project, "left")
    with folder.marked() as mark:
        assert is_marked(project, mark)
        assert not is_marked(project, "left")
        assert not is_marked(project, "other")
        assert not is_marked(project / "elsewhere", mark)
        assert not is_marked(project / "journal.jsonl", mark)
    assert not is_marked(project, mark)
    folder.close()
