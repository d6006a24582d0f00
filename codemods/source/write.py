"""All planned files or none: staged beside their targets, then renamed; put back if anything fails on the way."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from codemods.model import Fault
from codemods.source.git import dirty
from codemods.source.journal import Journal
from codemods.source.stage import stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from codemods.model import Change


class RefusedError(Exception):
    """Nothing was written; the faults say why, file by file."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in faults))
        self.faults = tuple(sorted(faults))


def write_all(changes: Sequence[Change], *, allow_dirty: bool) -> None:
    """Write the new contents of all files, or leave all as they are."""
    _refuse_if_dirty(changes, allow_dirty=allow_dirty)
    _refuse_if_changed(changes)
    staged: list[tuple[Change, Path]] = []
    done: list[Change] = []
    current = changes[0] if changes else None
    journal = Journal(changes)
    try:
        for current in changes:
            staged.append((current, stage(current.file, current.after)))  # noqa: PERF401 (what is staged so far counts)
        _refuse_if_changed(changes)
        for current, temporary in staged:
            os.replace(temporary, current.file.resolve())
            done.append(current)
    except BaseException as error:
        lost = _put_back(done)
        if isinstance(error, OSError) and current is not None:
            message = f"could not be written ({error.strerror or error}); no file was changed"
            raise RefusedError(lost or [Fault(current.path, 0, message)]) from error
        raise
    finally:
        for _, temporary in staged:
            with contextlib.suppress(OSError):
                temporary.unlink()
        journal.close()


def _refuse_if_dirty(changes: Sequence[Change], *, allow_dirty: bool) -> None:
    if allow_dirty:
        return
    unsaved = set(dirty(change.file for change in changes))
    message = "has uncommitted changes; commit or stash them, or pass --allow-dirty"
    faults = [Fault(change.path, 0, message) for change in changes if change.file in unsaved]
    if faults:
        raise RefusedError(faults)


def _refuse_if_changed(changes: Sequence[Change]) -> None:
    faults = []
    for change in changes:
        try:
            if change.file.read_bytes() != change.before:
                faults.append(Fault(change.path, 0, "changed on disk while offloop was at work; run it again"))
            elif not os.access(change.file, os.W_OK):
                faults.append(Fault(change.path, 0, "is read-only; make it writable, or leave it out"))
        except OSError as error:
            faults.append(Fault(change.path, 0, f"can no longer be read: {error.strerror or error}"))
    if faults:
        raise RefusedError(faults)


def _put_back(done: Sequence[Change]) -> list[Fault]:
    lost = []
    for change in done:
        try:
            os.replace(stage(change.file, change.before), change.file.resolve())
        except OSError as error:
            lost.append(
                Fault(
                    change.path,
                    0,
                    f"holds its new contents: writing failed, and so did putting it back ({error.strerror})",
                )
            )
    return lost
