"""Have a thread do it: the blocking call, or the statements around it, run off the loop and are awaited.

## What it does

In a coroutine, `f(a, k=v)` becomes `await run_in_threadpool(f, a, k=v)` where the project uses FastAPI or Starlette,
and `await asyncio.to_thread(f, a, k=v)` elsewhere and for CPU work; `anyio.to_thread.run_sync` in a module that uses
anyio. The setting `offload` chooses another one. Statements that belong together (a `with open(…)` block, a loop that
reads from the database, an `add` with its `commit` and `refresh`) move into one nested function, which is awaited once.
The edit is made in the coroutine: helpers that block stay as they are. Where others can reach `total`,
`total += f()` becomes `added = await …` and `total += added`, so that nothing comes between reading and writing it.

## Why

The loop serves every request from one thread. What blocks in a worker thread delays only the request that needs it.
`run_in_threadpool` has 40 threads; `asyncio.to_thread` as many as the machine has processors, and four more, and shares
them with name lookups: that is right for CPU work, and too few for waiting.

## Example

```python
import hashlib


async def report(path: str) -> str:
    with open(path) as file:
        text = file.read()
    await publish(text)
    digest = hashlib.pbkdf2_hmac("sha256", text.encode(), b"salt", 100_000)
    return digest.hex()
```

becomes

```python
import asyncio
import hashlib


async def report(path: str) -> str:
    def read_text():
        with open(path) as file:
            text = file.read()
        return text

    text = await asyncio.to_thread(read_text)
    await publish(text)
    digest = await asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", text.encode(), b"salt", 100_000)
    return digest.hex()
```

## When it holds back

Not rewritten at all (`manual`):

- work that holds Python's global lock (parsing YAML, sorting, a long loop): a thread would stall the loop as well;
- work that takes less time than the way to a thread and back (a stat, a mkdir);
- waiting for other threads (`Queue.get`, `Thread.join`) and for input, which would keep a thread for ever;
- results that block again when they are used, and objects that must stay in the thread that made them (sqlite3);
- helpers that need the loop's own thread, set context variables, or look at the exception being handled;
- under a lock, in a class body or a generator expression, where statements cannot be taken apart, and in tests.

Only with `--unsafe`:

- state that other tasks can reach is read before the call and written after it, or changed in place by the helper;
- under a time limit, which had no effect on the call and now will, or in a `try` whose bare `except` would swallow a
  cancellation;
- it goes through a dictionary or a set that another function changes, or changes one that another goes through;
- helpers that may end the process (`sys.exit`), or run code that only the run knows;
- in a `with` block that may hold a lock or a transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.model import KINDS
from codemods.mods.codemod import Verdict
from codemods.mods.offload.function import Function
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from codemods.mods.codemod import Work

__all__ = ["KINDS", "decide"]


def decide(work: Work) -> list[Verdict | None]:
    """What to do about each site of one coroutine that nothing else has settled."""
    module = work.situations[0].site.module
    if is_test(module.path):
        test = Verdict("manual", "it stands in a test, which keeps nobody waiting; mock what blocks, or leave it")
        return [test if not done else None for done in work.settled]
    if module.facts.scopes[work.function.scope].kind != "async def":
        plain = Verdict(
            "manual", "the loop calls this plain function itself; make it a coroutine, or call it in a thread"
        )
        return [plain if not done else None for done in work.settled]
    return Function(work).verdicts()
