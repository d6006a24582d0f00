"""Await the client instead: `redis.Redis` becomes `redis.asyncio.Redis`, `OpenAI` becomes `AsyncOpenAI`, and so on.

## What it does

A client whose every use is a call in a coroutine is made from the asynchronous class of the same library, and each of
these calls is awaited: Redis, OpenAI, Anthropic, Elasticsearch, PyMongo and `httpx.Client`. It may be a variable of the
module, of a function, or an attribute that one class sets; imports and annotations follow. What PyMongo gives part by
part is read that way: `list(orders.find(…))` becomes `await orders.find(…).to_list()`, and a loop `async for`.
Where an object has a method for either world, as LangChain's and LlamaIndex's have, the other one is awaited:
`await chain.ainvoke(…)`.

## Why

The library has done the work already: the same methods, the same arguments, the same answers, and nothing waits in a
thread.

## Example

```python
from openai import OpenAI

client = OpenAI()


async def answer(question: str) -> str:
    reply = client.responses.create(model="gpt-5", input=question)
    return reply.output_text
```

becomes

```python
from openai import AsyncOpenAI

client = AsyncOpenAI()


async def answer(question: str) -> str:
    reply = await client.responses.create(model="gpt-5", input=question)
    return reply.output_text
```

It comes into play with `--codemod clients` or `prefer = "async"`, and always at the level unsafe: the other class has
connections of its own, is closed in another way and belongs to one event loop. Where a manifest lets in versions that
do not have it, or lacks its extra (`elasticsearch[async]`), the requirement changes with the code.

## When it holds back

Not rewritten at all (`manual`); a thread makes the calls as they are:

- one use of the client is in a plain function, in a test, or not understood: it is handed on, given back, or put into
  another object;
- the asynchronous class does it in another way: streams, pipelines, locks, pages of a list, single items of a cursor;
- the client is made in a way that the other class does not take (`http_client=…`);
- an await may do harm where one of the calls stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.mods.clients.groups import Groups
from codemods.mods.clients.methods import by_method
from codemods.mods.codemod import Retool, Verdict
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from codemods.mods.codemod import Work

KINDS = ("cache", "cloud", "database", "http")
TWIN = True
NEVER_SAFE = True


def decide(work: Work) -> list[Verdict | None]:
    """The same answer for all calls of one client."""
    groups = work.project.once("clients", lambda: Groups(work.project))
    found: list[Verdict | None] = []
    for situation, settled in zip(work.situations, work.settled, strict=True):
        site = situation.site
        ours = not (settled or site.chain or is_test(site.module.path))
        group = groups.of(site) if ours else None
        if group is None:
            found.append(by_method(work.project, situation) if ours else None)
        elif group.refusal:
            found.append(Verdict("manual", group.refusal))
        else:
            files = tuple(sorted((path, tuple(edits)) for path, edits in group.edits.items()))
            reasons = "; and ".join(dict.fromkeys([group.library["why"], *group.hazards]))
            found.append(Verdict("unsafe", reasons, Retool(files, needs=group.needs)))
    return found
