"""From files to modules: in processes of their own where there is much to read, from the cache what is known."""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codemods import __version__, facts
from codemods.facts import Packed, UnparsableError
from codemods.model import Fault
from codemods.program import Module
from codemods.source import Cache, read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from codemods.source import File

# Below this, starting processes costs more than they save.
_MUCH = 3_000_000
_CHUNK = 40


@dataclass(frozen=True, slots=True)
class Reading:
    """All files of a run. Keys are absolute POSIX paths."""

    modules: tuple[Module, ...]
    data: dict[str, bytes]
    real: dict[str, Path]
    unread: tuple[str, ...]
    """Files that are there and have no facts."""
    faults: tuple[Fault, ...]
    digests: dict[str, bytes]
    store: Cache | None
    """What is kept for the next run; to be saved by whoever adds to it last."""


def place(file: File) -> str:
    """The key of a file."""
    return Path(os.path.abspath(file.path)).as_posix()  # noqa: PTH100 (Path.resolve would follow symlinks)


def read_all(
    files: Iterable[File], *, jobs: int = 0, cache: bool = True, progress: Callable[[int, int], None] | None = None
) -> Reading:
    """Read and extract; a file that fails is a fault, and the others go on."""
    by_place = {place(file): file for file in files}
    data: dict[str, bytes] = {}
    faults: list[Fault] = []
    for key, file in by_place.items():
        try:
            data[key] = read_bytes(file.real)
        except OSError as error:
            faults.append(Fault(file.path, 0, f"cannot be read: {error.strerror or error}"))
    store = _store(by_place, enabled=cache)
    digests = {key: hashlib.blake2b(content, digest_size=16).digest() for key, content in data.items()}
    answers = _facts_of(data, digests, jobs, store, progress)
    modules = []
    for key, answer in answers.items():
        if isinstance(answer, bytes):
            modules.append(Module(key, by_place[key].path, Packed(answer)))
        else:
            faults.append(Fault(by_place[key].path, *answer))
    known = {module.path for module in modules}
    return Reading(
        tuple(modules),
        data,
        {key: file.real for key, file in by_place.items()},
        tuple(key for key in by_place if key not in known),
        tuple(faults),
        digests,
        store,
    )


def _store(by_place: dict[str, File], *, enabled: bool) -> Cache | None:
    if not enabled or not by_place:
        return None
    shape = "".join(name for kind in facts.PARTS for name in kind._fields)
    edition = hashlib.blake2b(f"{facts.EDITION}{shape}".encode(), digest_size=4).hexdigest()
    return Cache.open(Path(os.path.commonpath(by_place)), f"{__version__}-{edition}")


_Answer = bytes | tuple[int, str]
"""Packed facts, or the line and the reason why there are none."""


def _facts_of(
    data: dict[str, bytes],
    digests: dict[str, bytes],
    jobs: int,
    store: Cache | None,
    progress: Callable[[int, int], None] | None,
) -> dict[str, _Answer]:
    known: dict[str, _Answer] = {}
    if store is not None:
        for key, digest in digests.items():
            packed = store.get(digest)
            if packed is not None:
                known[key] = packed
    todo = [key for key in data if key not in known]
    for done, (key, answer) in enumerate(_extract([(key, data[key]) for key in todo], jobs), len(known) + 1):
        known[key] = answer
        if store is not None and isinstance(answer, bytes):
            store.put(digests[key], answer)
        if progress is not None:
            progress(done, len(data))
    return {key: known[key] for key in data}


def _extract(todo: Sequence[tuple[str, bytes]], jobs: int) -> Iterator[tuple[str, _Answer]]:
    jobs = jobs or os.cpu_count() or 1
    if jobs > 1 and sum(len(content) for _, content in todo) > _MUCH:
        # The largest first, so that no process is left with one at the end.
        chunks = _chunks(sorted(todo, key=lambda item: -len(item[1])))
        done: set[str] = set()
        try:
            with _own_path(), ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), gc.disable) as pool:
                for chunk in pool.map(_read_chunk, chunks):
                    for key, answer in chunk:
                        done.add(key)
                        yield key, answer
        except BrokenProcessPool:
            # A process was killed, for memory most likely: what is left is read here, one file at a time.
            todo = [item for item in todo if item[0] not in done]
        else:
            return
    for item in todo:
        yield from _read_chunk([item])


@contextmanager
def _own_path() -> Iterator[None]:
    """New processes do not look for modules in the current folder, which holds the code that is read."""
    name = "PYTHONSAFEPATH"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _chunks(items: Sequence[tuple[str, bytes]]) -> list[Sequence[tuple[str, bytes]]]:
    return [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]


def _read_chunk(items: Sequence[tuple[str, bytes]]) -> list[tuple[str, _Answer]]:
    answers: list[tuple[str, _Answer]] = []
    for key, content in items:
        try:
            answers.append((key, facts.Packed.of(facts.read(content)).to_bytes()))
        except UnparsableError as error:
            answers.append((key, (error.line, error.message)))
    return answers
