"""Bytes in."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# A tree takes a hundred to two hundred times the size of its file; the largest that people wrote have 1 or 2 MB.
_LARGEST = 10_000_000


def read_bytes(path: Path) -> bytes:
    """The contents of a file; raises OSError, also for one that is too large to be taken apart."""
    size = path.stat().st_size
    if size > _LARGEST:
        raise OSError(
            errno.EFBIG,
            f"it has {size / 1e6:.0f} MB, and offloop takes files of up to {_LARGEST / 1e6:.0f} MB; leave it out with "
            "`exclude`",
        )
    return path.read_bytes()
