"""Await what is done with a file: `with open(…)` becomes `async with await anyio.open_file(…)`.

## What it does

A `with open(…) as file:` block in a coroutine that gives way to the loop inside, so that no thread can do all of it
at once, opens the file with anyio (or with aiofiles, where the project uses that), and every use of it is awaited:
`await file.read()`, `await file.write(…)`, `async for line in file`. `path.read_text()` and its like become
`await anyio.Path(path).read_text()`.

## Why

What blocks in such a block can otherwise only go into a thread call by call; a loop over the lines, and closing the
file, stay on the loop.

## Example

```python
import anyio


async def store(path: str, parts: Parts) -> None:
    with open(path, "wb") as file:
        async for part in parts:
            file.write(part)
```

becomes

```python
import anyio


async def store(path: str, parts: Parts) -> None:
    async with await anyio.open_file(path, "wb") as file:
        async for part in parts:
            await file.write(part)
```

It comes into play with `--codemod files` or `prefer = "async"`, and always at the level unsafe: each use goes to a
thread and back, 0.1 to 0.2 ms, so that reading a long file line by line takes very much longer. Closing the file is
awaited as well: anyio before 4.16 and aiofiles may leave it open, with what was still to be written, where a request is
cancelled, or where the program ends while a generator that was left early has it open.

## When it holds back

Not rewritten at all (`manual`):

- nothing in the block gives way to the loop: one thread does all of it at once, which is faster;
- one use of the file is not known to have its like: it is handed on (`csv.reader(file)`, `json.load(file)`), kept, used
  by a nested function or behind the block;
- the file is not opened by a `with` block, or the block opens something else as well;
- neither anyio (FastAPI and Starlette bring it) nor aiofiles is certain to be there;
- an await may do harm where one of the uses stands.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.mods.codemod import Verdict
from codemods.mods.files.blocks import Block
from codemods.mods.files.libraries import library_for
from codemods.mods.files.paths import of_path

if TYPE_CHECKING:
    from codemods.mods.codemod import Work

KINDS = ("file",)
TWIN = True
NEVER_SAFE = True


def decide(work: Work) -> list[Verdict | None]:
    """The same answer for all that is done with the files of one block."""
    found: list[Verdict | None] = [None] * len(work.situations)
    if work.coroutine is None:
        return found
    opened, module = work.situations[0].opened, work.situations[0].site.module
    library = library_for(work.project, module)
    seen: set[ast.With] = set()
    for number, situation in enumerate(work.situations):
        site, node = situation.site, situation.node
        if work.settled[number] or site.chain or not isinstance(node, ast.Call):
            continue
        if site.entry.name in catalog.files()["openers"]:
            item = opened.parent(node)
            block = opened.parent(item) if isinstance(item, ast.withitem) else None
            if not isinstance(block, ast.With):
                found[number] = Verdict("manual", "it is not opened by a `with` block of its own; write one")
            elif block not in seen:
                seen.add(block)
                Block(work, block, library).decide(found)
        elif site.entry.name.startswith("pathlib.Path."):
            found[number] = of_path(work, situation, node, library)
    return found
