"""One file written whole or not at all: a finished copy beside it, which then takes its place."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIX = ".offloop"


def write_bytes(path: Path, content: bytes) -> None:
    """Write one file (a report), whole or not at all."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        # A device or a pipe (/dev/stdout, say) is written to; a file in its place would be the end of it.
        target.write_bytes(content)
        return
    temporary = stage(target, content)
    try:
        os.replace(temporary, target)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def stage(target: Path, content: bytes) -> Path:
    """A finished copy beside the target, with its mode and, where allowed, its owner."""
    handle, name = tempfile.mkstemp(prefix=_prefix(target), suffix=_SUFFIX, dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            like = target.stat()
            with contextlib.suppress(OSError, AttributeError):
                os.chown(temporary, like.st_uid, like.st_gid)
            temporary.chmod(stat.S_IMODE(like.st_mode))
        else:
            temporary.chmod(0o666 & ~_umask())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def staged(target: Path) -> Iterator[Path]:
    """The copies of a file that a killed run left beside it."""
    found = target.parent.glob(f".*{_SUFFIX}")
    return (each for each in found if each.name.startswith(_prefix(target)))


def _prefix(target: Path) -> str:
    return f".{target.name[:40]}."
