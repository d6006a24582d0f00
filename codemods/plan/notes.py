"""What a person should know about fixes that are right in themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods import catalog
from codemods.hazards.runners import ASYNCIO
from codemods.model import Remark
from codemods.mods import Convert, Cut, Retool, Speak, Thread
from codemods.mods.http.function import mocking
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codemods.mods import Project
    from codemods.plan.decide import Decision

# What Starlette's pool of threads lets run at the same time, and what SQLAlchemy's pool has where nothing is said.
_THREADS = 40
_POOL = {"pool_size": 5, "max_overflow": 10}
_COMPUTING = (
    "this computes in a thread now, and the more threads compute at once, the fewer turns the loop gets; where other "
    "requests must stay quick, lower anyio.to_thread.current_default_thread_limiter().total_tokens "
    f"from {_THREADS} to a few more than the processors"
)
_WAITING = (
    f"a thread waits for this lock now, and {_THREADS} threads are all that `def` routes have between them; "
    "where many may wait for it at once, use an asyncio.Lock in a coroutine"
)


def notes(project: Project, decisions: Iterable[Decision]) -> Iterator[Remark]:
    """Limits that did not matter as long as the loop did one thing at a time."""
    made = list(decisions)
    moved = (Convert, Cut, Thread)
    if any(isinstance(each.change, moved) and each.site.entry.kind == "database" for each in made):
        yield from _small_pools(project)
    yield from _first((each for each in made if _computes(each)), _COMPUTING)
    locked = (each for each in made if isinstance(each.change, Convert) and each.site.entry.kind == "lock")
    yield from _first(locked, _WAITING)
    yield from dict.fromkeys(note for each in made if isinstance(each.change, Retool) for note in each.change.notes)
    known = catalog.http()["bounds"]
    asking = [e.site.module.path for e in made if isinstance(e.change, Speak) and e.change.library in known]
    if asking:
        yield from _mocks(project, asking[0])


def _first(found: Iterable[Decision], text: str) -> Iterator[Remark]:
    """One note for a whole project, at the first of the places that it is about."""
    places = [(each.finding.path, each.finding.span.line) for each in found]
    if places:
        yield Remark(*min(places), text)


def _computes(each: Decision) -> bool:
    if isinstance(each.change, Convert):
        return each.site.entry.kind == "cpu"
    # asyncio's own threads are hardly more than the processors.
    return isinstance(each.change, Cut | Thread) and each.site.entry.kind == "cpu" and each.change.runner != ASYNCIO


def _mocks(project: Project, path: str) -> Iterator[Remark]:
    """Tests that answer for requests, where the project has a library that can answer for httpx."""
    ports = catalog.http()["mocks"]["ports"]
    port = next((text for name, text in ports.items() if name in project.named(path)), "")
    for module, library in mocking(project) if port else ():
        yield Remark(module.shown, 0, f"{library} does not answer for httpx: {port}")


def _small_pools(project: Project) -> Iterator[Remark]:
    for module, call in project.calls.calls_named("create_engine"):
        outside = project.program.resolve(module, call.scope, call.callee).outside
        if is_test(module.path) or module.path not in project.within or "sqlalchemy.create_engine" not in outside:
            continue
        given = dict(call.keywords)
        # `**options` has no name, and may hold any of them.
        if given.keys() & {"", "poolclass", "pool"}:
            continue
        shapes = [given.get(name, ("=", size)) for name, size in _POOL.items()]
        known = [each[1] for each in shapes if isinstance(each, tuple) and each[0] == "=" and isinstance(each[1], int)]
        # A size of 0 stands for no limit.
        if len(known) == len(shapes) and known[0] and sum(known) < _THREADS:
            yield Remark(
                module.shown,
                call.place[0],
                f"this engine lends at most {sum(known)} connections at once, and up to {_THREADS} threads may ask; "
                "more requests than threads can then wait for each other, some for a connection and some for a thread, "
                "until pool_timeout is over; raise max_overflow (-1 sets no limit)",
            )
