"""Make it a coroutine function: `def` becomes `async def` where a thread does nothing that the loop could not.

## What it does

A route, a dependency or an exception handler of FastAPI or Starlette that is a plain `def` becomes `async def` where it
is proven that nothing in it waits, and nothing takes long: every call in it, and in all functions of the project that
it enters, is one that is known to be quick. It comes into play only with `--codemod to-async`, and what it changes is
safe. The functions that stay are findings of impact low: `--impact low` lists them with what stands against each, and
so does `offloop explain PATH:LINE --codemod to-async`.

## Why

The framework hands a plain function to a thread, and waits for that. Where the function does next to nothing, this is
most of the work: with 64 connections and uvloop, a trivial route served 5,473 requests a second as `def` and 12,837 as
`async def` (one process, two processors, the client beside it), and 99 of 100 answers took less than 45 ms and 10 ms.
There are 40 threads: a health check that needs one waits behind whatever queries a database.

## Example

```python
from fastapi import FastAPI, HTTPException

app = FastAPI()
VERSION = "1.2.0"


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok", "version": VERSION}


@app.get("/rooms/{number}")
def room(number: int, guest: str = "nobody") -> dict[str, str]:
    if number < 1:
        raise HTTPException(404, detail="there is no such room")
    return {"room": door(number), "guest": guest.title()}


def door(number: int) -> str:
    return f"No. {number}"
```

becomes

```python
from fastapi import FastAPI, HTTPException

app = FastAPI()
VERSION = "1.2.0"


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok", "version": VERSION}


@app.get("/rooms/{number}")
async def room(number: int, guest: str = "nobody") -> dict[str, str]:
    if number < 1:
        raise HTTPException(404, detail="there is no such room")
    return {"room": door(number), "guest": guest.title()}


def door(number: int) -> str:
    return f"No. {number}"
```

## When it holds back

Whatever is not proven stays as it is (`manual`):

- it, or a function that it enters, calls something that is not known to be quick, or not known at all: a library, an
  object that a dependency gives (a session, a user), a method of something without a type;
- it uses what a dependency gives, and that is not proven as well: the annotation says what it should be, but nobody
  checks it, and it may be a row of a database;
- it reads an attribute that may run code: a property that is not proven, a class with `__getattr__`;
- it prints or logs: nothing says that whoever reads the output, or the handler of the log, is quick;
- it has a `while` loop, a loop in a loop, a loop over something that is not written there, a power, a `with` block, an
  import, or it calls itself;
- a route returns something whose size is not bounded by what is written there and the scalars that it was given.
  FastAPI checks the answer of a `def` route against its model in a thread, and that of an `async def` route on the
  loop; it makes JSON of either on the loop (`serialize_response`, read in FastAPI 0.165.0);
- the model that its answer is checked against has validators, or may run other code of the project;
- something calls it, hands it on or names it in a text: only registrations are known to take either kind of function;
- it has another decorator, is a method or a generator, or the project makes its routes with a class of its own that
  may look at the function.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.catalog import Entry
from codemods.edits import ToAsync
from codemods.facts import Call
from codemods.loop import Site
from codemods.mods.codemod import Found, Retool, Verdict
from codemods.mods.to_async.handlers import Handlers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Opened
    from codemods.mods.codemod import Project, Work
    from codemods.program.values import Definition

KINDS = ("other",)
OPT_IN = True

_THREAD = "starlette.concurrency.run_in_threadpool"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def decide(work: Work) -> list[Verdict | None]:
    """Nothing: what stalls the loop is for others."""
    return [None] * len(work.situations)


def find(project: Project) -> Iterator[Found]:
    """The plain functions that a framework runs in threads."""
    for function, reason in Handlers(project).all():
        opened = project.open(function.path)
        node = opened.nodes[function.scope]
        assert isinstance(node, ast.FunctionDef)  # noqa: S101 (only those are looked at)
        name = project.program.modules[function.path].facts.scopes[function.scope].qualname
        if reason:
            verdict = Verdict("manual", f"it stays in its thread: {reason}")
            yield Found(_site(project, function, opened, node, "low"), f"{name} is run in a thread", verdict)
            continue
        edit = ToAsync(opened.top(node), opened.number(node, _FUNCTIONS), node.name)
        verdict = Verdict("safe", "nothing in it waits or takes long", Retool(((function.path, (edit,)),)))
        what = f"{name} is run in a thread, and does nothing that needs one"
        yield Found(_site(project, function, opened, node, "medium"), what, verdict)


def _site(project: Project, function: Definition, opened: Opened, node: ast.FunctionDef, impact: str) -> Site:
    """The function's first line."""
    module = project.program.modules[function.path]
    line = opened.lines[node.lineno - 1]
    start = len(line) - len(line.lstrip()) + 1
    # A name may stand behind the end of its line.
    end = line.find(node.name) + len(node.name) + 1 if node.name in line else len(line) + 1
    last = max(node.lineno, node.body[0].lineno - 1)
    place = (node.lineno, start, node.lineno, end)
    call = Call(-1, -1, module.facts.scopes[function.scope].parent, "", place, last, False, -1, ())  # noqa: FBT003
    return Site(module, call, function.scope, Entry(_THREAD, "other", impact), impact, ())
