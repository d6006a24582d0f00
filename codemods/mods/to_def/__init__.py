"""Make it a plain function: `async def` becomes `def` where nothing in it ever waits for the loop.

## What it does

A route, a dependency or a background task that blocks and never gives way to the loop becomes a plain `def`, which
FastAPI and Starlette run in a thread. What it awaits goes with it, as far as that is async in name only as well:
services and repositories, over any number of files, with every `await` between them, in tests too, and all methods of
the same name in a class hierarchy. A member that some coroutine still needs is called there through a thread.
`await file.read()` of an uploaded file becomes `file.file.read()`.

## Why

The framework has 40 threads for plain functions. Nothing else in the function changes: no `await` is put in, the order
of things and the exceptions stay as they were, and tests that put something in place of the blocking call still work.

## Example

```python
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/users/{name}")
async def read_user(name: str) -> User:
    return await find_user(name)


async def find_user(name: str) -> User:
    return User(**requests.get(f"{DIRECTORY}/{name}").json())
```

becomes

```python
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/users/{name}")
def read_user(name: str) -> User:
    return find_user(name)


def find_user(name: str) -> User:
    return User(**requests.get(f"{DIRECTORY}/{name}").json())
```

## When it holds back

Not rewritten at all (`manual`):

- it awaits something that waits, or is a generator, a route that streams what it yields, a websocket route, a
  middleware, a lifespan, or a method that has to be a coroutine function;
- it is not known who calls it, or it is handed to something that may want a coroutine function: `gather`,
  `create_task`, `asyncio.run`, a mock, an unknown decorator, a strange base class; or its coroutine is passed on;
- it, or a plain function that it calls, needs the loop's own thread or sets context variables;
- objects that must stay in the thread that made them come from outside (sqlite3), or one session serves all requests;
- all that blocks in it holds Python's global lock, so that a thread frees nothing;
- something that would have to change with it cannot: all of them go, or none. A file that cannot be parsed and
  mentions its name is such a thing.

Only with `--unsafe`:

- it, or a plain function that it calls, changes state that others can reach (or a row of the database) depending on
  what it was: on the loop, nothing came in between; in threads, two requests can do that at the same time;
- it changes a dictionary or a set that another function goes through item by item, or the other way round;
- it, or a plain function that it calls, may end the process (`sys.exit`), or runs code that only the run knows;
- it waits for other threads, and would keep one of the pool's for as long;
- a coroutine that stays would call it through a thread, where an `await` may do harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.model import KINDS
from codemods.mods.codemod import Convert, Verdict
from codemods.mods.to_def.clusters import Clusters

if TYPE_CHECKING:
    from collections.abc import Collection

    from codemods.mods.codemod import Project, Work
    from codemods.program.values import Definition

__all__ = ["KINDS", "WHOLE", "clusters", "decide"]

WHOLE = True


def clusters(project: Project) -> Clusters:
    """What goes together in a project; worked out once."""
    return project.once("to-def", lambda: Clusters(project))


def stay(project: Project, functions: Collection[Definition]) -> None:
    """Some functions stay coroutine functions after all: what goes together is worked out without them."""
    project.memory["to-def"] = clusters(project).without(functions)


def decide(work: Work) -> list[Verdict | None]:
    """Whether a coroutine function can be a plain one: the same answer for all its sites."""
    module = work.situations[0].site.module
    if module.facts.scopes[work.function.scope].kind != "async def":
        return [None] * len(work.situations)
    if all(each.site.entry.gil for each in work.situations):
        verdict = Verdict("manual", "all that blocks in it holds Python's global lock, so a thread would free nothing")
    else:
        verdict = _decide(work)
    return [verdict] * len(work.situations)


def _decide(work: Work) -> Verdict:
    known = clusters(work.project)
    standing = known.standing(work.function)
    if standing.level == "manual":
        return Verdict("manual", standing.reason)
    functions = known.together(work.function)
    others = len(functions) - 1
    company = f", and so can the {others} that go with it" if others > 1 else ", and so can the one that goes with it"
    calm = f"it never gives way to the loop and can run in a thread{company if others else ''}"
    return Verdict(standing.level, standing.reason or calm, Convert(functions))  # type: ignore[arg-type]
