"""What an earlier run over the same files found out about the loop, put away and brought back."""

from __future__ import annotations

import hashlib
import marshal
from typing import TYPE_CHECKING

from codemods.facts import Packed
from codemods.loop import Kept
from codemods.source import own_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.config import Settings
    from codemods.facts import Summary
    from codemods.program import Program
    from codemods.reading import Reading

# When more than this part of a project has changed, looking at everything anew costs less than finding out what holds.
_MUCH = 0.2


def recall(reading: Reading, program: Program, settings: Settings) -> Kept:
    """What still holds of the last run."""
    packed = reading.store.get(_key(settings)) if reading.store else None
    if packed is None:
        return Kept()
    digests, rows = marshal.loads(packed)  # noqa: S302 (the cache folder is the user's own)
    if digests.keys() != reading.digests.keys():
        # A new or a missing file may change what any import means.
        return Kept()
    changed = [path for path, digest in reading.digests.items() if digests[path] != digest]
    if len(changed) > _MUCH * len(digests):
        return Kept()
    summaries = list(_summaries(reading, program, digests, changed))
    if any(before is None or after is None for _, before, after in summaries):
        return Kept()
    return Kept.load(rows, [(path, before, after) for path, before, after in summaries if before and after])


def keep(reading: Reading, settings: Settings, kept: Kept) -> None:
    """Put away what this run found out, with all else that was kept."""
    if reading.store is None:
        return
    if kept.grown:
        reading.store.put(_key(settings), marshal.dumps((reading.digests, kept.pack())))
    reading.store.save()


def _summaries(
    reading: Reading, program: Program, digests: dict[str, bytes], changed: list[str]
) -> Iterator[tuple[str, Summary | None, Summary | None]]:
    for path in changed:
        before = reading.store.get(digests[path]) if reading.store else None
        module = program.modules.get(path)
        yield path, Packed(before).summary if before else None, module.summary if module else None


def _key(settings: Settings) -> bytes:
    about = f"{sorted(settings.blocking)} {sorted(settings.not_blocking)}".encode()
    return b"loop " + hashlib.blake2b(own_state() + about, digest_size=16).digest()
