"""What `apply` is about to replace, kept until it is done: the next one undoes what a killed one left half done.

It lies in the user's cache folder. Where there is none, each file is still old or new as a whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import secrets
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codemods.model import Fault
from codemods.source.cache import own_folder
from codemods.source.stage import staged, write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codemods.model import Change

_SUFFIX = ".unfinished"
_SUM = 4


class Journal:
    """The old contents of all files that one run replaces; as long as it is open, they can be put back."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._file: Path | None = None
        self._handle = -1
        folder = own_folder() if changes else None
        if folder is None:
            return
        rows = [(os.fsencode(each.file.resolve()), each.before, _digest(each.after)) for each in changes]
        content = marshal.dumps(rows)
        file = folder / f"{secrets.token_hex(8)}{_SUFFIX}"
        with contextlib.suppress(OSError):
            self._handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
            self._file = file
            lock(self._handle)
            with os.fdopen(self._handle, "wb", closefd=False) as stream:
                stream.write(zlib.crc32(content).to_bytes(_SUM, "big") + content)
            os.fsync(self._handle)

    def close(self) -> None:
        """All is written, or put back."""
        if self._file is not None:
            os.close(self._handle)
            self._file.unlink(missing_ok=True)


def undo(places: Iterable[str]) -> tuple[int, list[Fault]]:
    """Put back what a killed run left in some folders: how many files, and those that have changed since."""
    roots = [Path(os.path.realpath(place)) for place in places]
    folder = own_folder()
    found, faults = 0, []
    for file in sorted(folder.glob(f"*{_SUFFIX}")) if folder is not None else []:
        with contextlib.suppress(OSError):
            handle = os.open(file, os.O_RDWR | getattr(os, "O_BINARY", 0))
            try:
                rows = list(_rows(file)) if lock(handle) else []
                targets = [target for target, _, _ in rows]
                if all(any(target.is_relative_to(root) for root in roots) for target in targets) and rows:
                    for target, before, after in rows:
                        done, lost = _put_back(target, before, after)
                        found += done
                        faults += lost
                    file.unlink()
            finally:
                os.close(handle)
    return found, faults


def _put_back(target: Path, before: bytes, after: bytes) -> tuple[int, list[Fault]]:
    for copy in staged(target):
        copy.unlink(missing_ok=True)
    try:
        now = target.read_bytes()
        if _digest(now) == after != _digest(before):
            write_bytes(target, before)
            return 1, []
        changed = now != before
    except OSError:
        changed = True
    shown = Path(os.path.relpath(target)).as_posix()
    message = "has changed since an earlier `apply` was killed while it wrote; look at it before going on"
    return 0, [Fault(shown, 0, message)] if changed else []


def _rows(file: Path) -> Iterator[tuple[Path, bytes, bytes]]:
    """What a journal holds; nothing where it was not finished itself, for then nothing was written yet."""
    content = file.read_bytes()
    if zlib.crc32(content[_SUM:]).to_bytes(_SUM, "big") != content[:_SUM]:
        file.unlink()
        return
    rows: Any = marshal.loads(content[_SUM:])  # noqa: S302 (the user's own, see own_folder)
    for name, before, after in rows:
        yield Path(os.fsdecode(name)), before, after


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def lock(handle: int) -> bool:
    """Whether no living run holds a journal; without locks in the system none is taken to."""
    if sys.platform != "win32":
        import fcntl  # noqa: PLC0415 (not on every system)

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
