"""Wait without holding the loop: `time.sleep` becomes `await asyncio.sleep`.

## What it does

On the event loop, `time.sleep(x)` becomes `await asyncio.sleep(x)`: `anyio.sleep` in a module that uses anyio and not
asyncio, `trio.sleep` in one that uses trio where nothing shows that anyio is installed. The import is added where it
sorts, an alias that is already there is used, and `import time` goes when nothing needs it any more.

## Why

`time.sleep` holds the thread, and on the loop that thread serves every request: a retry that waits two seconds stops
the whole service for two seconds. The async twin takes the same number, waits as long, returns None as well, and lets
the loop go on.

## Example

```python
import time


async def fetch(url: str) -> Reply:
    for attempt in range(3):
        reply = await get(url)
        if reply.ok:
            break
        time.sleep(2**attempt)
    return reply
```

becomes

```python
import asyncio


async def fetch(url: str) -> Reply:
    for attempt in range(3):
        reply = await get(url)
        if reply.ok:
            break
        await asyncio.sleep(2**attempt)
    return reply
```

## When it holds back

Not rewritten at all (`manual`):

- inside a generator expression, a class body or a `{…=}` field of an f-string, where an await is not allowed or
  changes what the code means;
- under a lock, or in a block whose effect other tasks would see (`patch`, `redirect_stdout`, `catch_warnings`);
- when the call cannot work as written: a negative number, a keyword, `await time.sleep(…)`;
- when the name may stand for something else as well;
- in a module that runs on another loop than asyncio's (twisted, curio).

Only with `--unsafe`:

- the number of seconds is not certain to be zero or more: `time.sleep` raises for negative numbers, the twins do not;
- in a `with` block that may hold a lock or a transaction;
- state that other tasks can reach is read before the sleep and written after it;
- under a time limit (`wait_for`, `timeout()`), which had no effect on the sleep and now will, or in a `try` whose bare
  `except` would swallow a cancellation;
- when a test or other code patches `time.sleep`: it would no longer meet this call; or when a test stops the clock
  with freezegun, by which the twin would wait for ever.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.hazards import Hazard, patched, worst
from codemods.hazards.durations import Durations
from codemods.hazards.loops import library_of
from codemods.mods.codemod import Swap, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.hazards import Situation
    from codemods.mods.codemod import Project, Work

KINDS = ("sleep",)
EXACT = True


def decide(work: Work) -> list[Verdict | None]:
    """Whether each sleep can become its twin."""
    return [_decide(work.project, each) if _is_sleep(each) else None for each in work.situations]


def _is_sleep(situation: Situation) -> bool:
    """Whether the site is the blocking call itself."""
    site = situation.site
    return site.entry.kind in KINDS and not site.chain and isinstance(situation.node, ast.Call)


def _decide(project: Project, situation: Situation) -> Verdict:
    entry = situation.site.entry
    library = library_of(situation.site.module, situation.program)
    twin = entry.twins.get(library)
    if twin is None:
        return Verdict("manual", f"no twin of {entry.name} is known that {library} can await; call it in a thread")
    if situation.program.layout.absolute(situation.site.module.path, library):
        return Verdict("manual", f"a file of the project is called {library}, so {twin} cannot be imported; rename it")
    hazard = worst(
        [*_other_meanings(situation), *project.of_await(situation), *_arguments(situation), *patched.hazards(situation)]
    )
    if hazard is None:
        return Verdict("safe", f"{twin} waits as long and lets the loop go on", Swap(twin))
    if hazard.level == "manual":
        return Verdict("manual", hazard.reason)
    return Verdict("unsafe", hazard.reason, Swap(twin))


def _other_meanings(situation: Situation) -> Iterator[Hazard]:
    site = situation.site
    resolved = situation.program.resolve(site.module, site.call.scope, site.call.callee)
    if resolved.only is None:
        others = sorted({meaning.name for meaning in resolved.meanings} - {site.entry.name})
        also = f"{others[0]} as well" if others else "something else that cannot be seen from here"
        yield Hazard("manual", f"`{site.call.callee}` may stand for {also}, because it is bound in several ways")


def _arguments(situation: Situation) -> Iterator[Hazard]:
    """The twins take the same number; what `time.sleep` would refuse they may accept."""
    node, name = situation.node, situation.site.entry.name
    assert isinstance(node, ast.Call)  # noqa: S101 (`decide` sees to it)
    if node.func.lineno != node.func.end_lineno:
        yield Hazard("manual", "the name that is called is split over several lines; put it on one")
    starred = any(isinstance(argument, ast.Starred) for argument in node.args)
    if node.keywords or (not starred and len(node.args) != 1):
        yield Hazard(
            "manual", f"{name} takes one positional argument, so this call raises TypeError as it stands; mend it first"
        )
    elif _refused(node.args[0]):
        yield Hazard("manual", f"{name} raises an error for this argument as it stands; mend it first")
    elif starred or not Durations(situation.opened, situation.site.module, situation.program).certain(
        node.args[0], situation.site.call.scope
    ):
        yield Hazard(
            "unsafe",
            f"the number of seconds is not certain to be zero or more: {name} raises for a negative number, "
            "the twin does not",
        )


def _refused(argument: ast.expr) -> bool:
    """A constant that raises an error: text, None, a negative number."""
    match argument:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return value > 0
        case ast.Constant(value=value):
            return not isinstance(value, int | float)
        case ast.JoinedStr() | ast.List() | ast.Dict() | ast.Set() | ast.Tuple():
            return True
    return False
