"""Let asyncio watch over a process: `subprocess.run` becomes `await asyncio.create_subprocess_exec`.

## What it does

In a coroutine, `done = subprocess.run([…], capture_output=True)` becomes
`done = await asyncio.create_subprocess_exec(…)` with a line below it that waits for the process and takes what it
wrote, and `done.stdout` becomes what was taken. `subprocess.call([…])` is awaited in the same way.

## Why

A thread waits for each process otherwise, and there are few of them. Here no thread waits, however many processes run
at once; starting one still takes a moment of the loop's own time.

## Example

```python
import subprocess


async def pages(path: str) -> int:
    done = subprocess.run(["pdfinfo", path], stdout=subprocess.PIPE)
    if done.returncode:
        raise ValueError(path)
    return page_count(done.stdout)
```

becomes

```python
import asyncio
import subprocess


async def pages(path: str) -> int:
    done = await asyncio.create_subprocess_exec("pdfinfo", path, stdout=subprocess.PIPE)
    stdout, stderr = await done.communicate()
    if done.returncode:
        raise ValueError(path)
    return page_count(stdout)
```

It comes into play with `--codemod processes` or `prefer = "async"`, and always at the level unsafe: uvloop raises the
same exceptions with other texts, the SelectorEventLoop of Windows cannot start processes, and where a request is
cancelled the process goes on running.

## When it holds back

Not rewritten at all (`manual`), so that a thread makes the call as it is:

- it gives text (`text=True`, `encoding=`), raises (`check=True`), has a time limit (`timeout=`) or asks a shell
  (`shell=True`);
- the command is not known to be a list or a tuple;
- more is done with the result than to read its `returncode`, `stdout` and `stderr` in the same function;
- the module runs on another loop than asyncio's;
- an await may do harm where the call stands.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.hazards.loops import library_of
from codemods.mods.codemod import Verdict
from codemods.mods.processes.function import Function

if TYPE_CHECKING:
    from codemods.mods.codemod import Work

KINDS = ("subprocess",)
TWIN = True
NEVER_SAFE = True


def decide(work: Work) -> list[Verdict | None]:
    """What becomes of the processes that one coroutine waits for."""
    found: list[Verdict | None] = [None] * len(work.situations)
    if work.coroutine is None:
        return found
    numbers = [
        number
        for number, situation in enumerate(work.situations)
        if situation.site.entry.name in catalog.processes()["functions"]
        and not situation.site.chain
        and isinstance(situation.node, ast.Call)
        and not work.settled[number]
    ]
    if library_of(work.situations[0].site.module, work.project.program) == "asyncio":
        Function(work, numbers).decide(found)
    else:
        for number in numbers:
            found[number] = Verdict("manual", "this module may run on another loop than asyncio's")
    return found
