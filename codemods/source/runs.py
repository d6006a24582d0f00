"""The folder of a bulk run: its journal, which is the truth about what is done, and all that comes out."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from codemods.source.cache import own_folder
from codemods.source.journal import lock
from codemods.source.programs import without_passwords
from codemods.source.stage import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_JOURNAL = "journal.jsonl"
_MARK = "running-"
REQUEST = "pull-request.json"
"""What the pull request for a repository is to say; only there when one was asked for."""
_RESULTS = ("changes.patch", "log.txt", "report.json")
_OUTCOME = "outcome.json"
_KEPT = 5_000
"""So many results are kept in the cache; the oldest go first."""


class FolderError(Exception):
    """A folder that a bulk run cannot use."""


class RunFolder:
    """The folder that one bulk run at a time writes to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        journal = folder / _JOURNAL
        try:
            if folder.is_dir() and not journal.exists() and any(folder.iterdir()):
                raise FolderError("is not empty, and no bulk run made it; name a new folder")
            folder.mkdir(parents=True, exist_ok=True)
            self._stream = journal.open("ab")
        except OSError as error:
            raise FolderError(f"cannot be written to: {error.strerror or error}") from None
        if not lock(self._stream.fileno()):
            self._stream.close()
            raise FolderError("another bulk run is at work there")

    def rows(self) -> Iterator[dict[str, Any]]:
        """What the journal says, line by line; one that a killed run left half written is none."""
        for line in (self.folder / _JOURNAL).read_bytes().splitlines():
            with contextlib.suppress(ValueError):
                row = json.loads(line)
                if isinstance(row, dict):
                    yield row

    def begin(self) -> None:
        """Forget what earlier runs wrote into the journal."""
        self._stream.truncate(0)

    def note(self, row: Mapping[str, Any]) -> None:
        """Add a line to the journal; once this returns it stays."""
        # The line of a killed run may have no end.
        self._stream.write(f"\n{json.dumps(row)}\n".encode())
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def write(self, name: str, text: str) -> None:
        """Write a file of the whole run, whole or not at all."""
        write_bytes(self.folder / name, text.encode("utf-8", "backslashreplace"))

    @contextmanager
    def marked(self) -> Iterator[str]:
        """What says to other machines, which may not see its lock, that this very run is at work."""
        for left in self.folder.glob(f"{_MARK}*"):
            left.unlink()
        # Under a name that nobody has asked for before: file systems of a network remember for a while what there was.
        mark = secrets.token_hex(8)
        self.write(f"{_MARK}{mark}", "")
        try:
            yield mark
        finally:
            (self.folder / f"{_MARK}{mark}").unlink(missing_ok=True)

    def result(self, name: str, file: str) -> bytes:
        """What came out of one repository."""
        return (self.folder / "repos" / name / file).read_bytes()

    def tidy(self) -> None:
        """Remove what killed runs left of their checkouts."""
        shutil.rmtree(self.folder / "work", ignore_errors=True)

    def close(self) -> None:
        """Let the next run have the folder."""
        self._stream.close()


def is_marked(folder: Path, mark: str) -> bool:
    """Whether a run is at work in a folder, as seen from this machine."""
    try:
        (folder / f"{_MARK}{mark}").stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


class Results:
    """What came out of one repository, in its folder below that of the run."""

    def __init__(self, out: Path, name: str, attempt: str = "") -> None:
        self.folder = out / "repos" / name
        self.work = out / "work" / attempt / name
        """Where the repository is checked out meanwhile."""
        self.clone = self.folder / "clone"
        """Where that of a URL stays when a branch was made in it."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def begin(self) -> None:
        """Start a new log."""
        self.write("log.txt", b"")
        (self.folder / REQUEST).unlink(missing_ok=True)

    def say(self, text: str) -> None:
        """Add some lines to the log."""
        with (self.folder / "log.txt").open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(f"{without_passwords(text.rstrip())}\n")

    def write(self, name: str, content: bytes) -> None:
        """Write a result, whole or not at all."""
        write_bytes(self.folder / name, content)

    def keep(self, clone: Path) -> None:
        """Let a clone stay."""
        shutil.rmtree(self.clone, ignore_errors=True)
        clone.rename(self.clone)

    def recall(self, key: str) -> bytes | None:
        """Bring back what came out under a key before; the outcome."""
        kept = _cache(key)
        try:
            outcome = (kept / _OUTCOME).read_bytes() if kept else None
            contents = {name: (kept / name).read_bytes() for name in _kept_in(kept)} if kept else {}
        except OSError:
            return None
        for name, content in contents.items():
            self.write(name, content)
        return outcome

    def remember(self, key: str, outcome: bytes) -> None:
        """Keep what came out, for any run to come."""
        kept = _cache(key)
        if kept is None:
            return
        with contextlib.suppress(OSError):
            kept.mkdir(exist_ok=True)
            for name in _kept_in(self.folder):
                write_bytes(kept / name, (self.folder / name).read_bytes())
            write_bytes(kept / _OUTCOME, outcome)
            oldest = sorted(kept.parent.iterdir(), key=lambda each: each.stat().st_mtime)[:-_KEPT]
            for each in oldest:
                shutil.rmtree(each, ignore_errors=True)


def _kept_in(folder: Path) -> tuple[str, ...]:
    return (*_RESULTS, REQUEST) if (folder / REQUEST).exists() else _RESULTS


def _cache(key: str) -> Path | None:
    own = own_folder()
    if own is None:
        return None
    (own / "bulk").mkdir(exist_ok=True)
    return own / "bulk" / key
