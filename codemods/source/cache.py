"""What was read before, kept in the user's cache folder by the content of each file.

It is marshalled, which is only safe for one's own: the folder must belong to the user and be closed to others.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import stat
import sys
import zlib
from pathlib import Path

from codemods.source.stage import write_bytes

_SUM = 4


class Cache:
    """The entries of one project, in one file."""

    def __init__(self, file: Path | None, entries: dict[bytes, bytes]) -> None:
        self._file = file
        self._old = entries
        self._used: dict[bytes, bytes] = {}
        self._grown = False

    @classmethod
    def open(cls, project: Path, version: str) -> Cache:
        """The cache of a project; whatever is wrong with it makes it an empty one."""
        folder = own_folder()
        if folder is None:
            return cls(None, {})
        name = hashlib.blake2b(os.fsencode(project), digest_size=12).hexdigest()
        file = folder / f"{version}-{sys.hexversion:x}-{name}.facts"
        try:
            content = file.read_bytes()
            intact = zlib.crc32(content[_SUM:]).to_bytes(_SUM, "big") == content[:_SUM]
            entries = marshal.loads(content[_SUM:]) if intact else {}  # noqa: S302 (the user's own, see own_folder)
        except Exception:  # noqa: BLE001 (a damaged cache can raise nearly anything)
            entries = {}
        return cls(file, entries if isinstance(entries, dict) else {})

    def get(self, key: bytes) -> bytes | None:
        """What was put there."""
        packed = self._old.get(key)
        if packed is not None:
            self._used[key] = packed
        return packed

    def put(self, key: bytes, value: bytes) -> None:
        """Remember a value for the next run."""
        self._used[key] = value
        self._grown = True

    def save(self) -> None:
        """Keep what this run used, and as much again of what it did not: runs over parts of a project alternate."""
        if self._file is None or not self._grown:
            return
        spare = [key for key in self._old if key not in self._used][: len(self._used)]
        entries = {key: self._old[key] for key in spare} | self._used
        with contextlib.suppress(OSError):
            content = marshal.dumps(entries)
            write_bytes(self._file, zlib.crc32(content).to_bytes(_SUM, "big") + content)


def own_folder() -> Path | None:
    """The folder that is the user's alone; nothing where there is none."""
    folder = _base() / "offloop"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.stat()
    except OSError:
        return None
    if hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        return None
    return folder


def _base() -> Path:
    named = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None)
    if named:
        return Path(named)
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
