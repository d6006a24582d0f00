"""Send mail without holding the loop: `smtplib.SMTP` becomes `aiosmtplib.SMTP`.

## What it does

A `with smtplib.SMTP(…) as server:` block (or one of `SMTP_SSL`) in a coroutine becomes an `async with` block of
`aiosmtplib.SMTP`, where the project declares aiosmtplib, and each command is awaited. The connection is made as smtplib
makes it: no TLS but what the code starts itself, no time limit but what it sets, and certificates are checked only
where it gives a context (`validate_certs=False` stands where it gives none, or one that may be None).

## Why

A mail server takes seconds to answer. Here nothing waits for it in a thread.

## Example

```python
import smtplib
import ssl

import aiosmtplib

CONTEXT = ssl.create_default_context()


async def send(message: EmailMessage) -> None:
    with smtplib.SMTP(HOST, 587) as server:
        server.starttls(context=CONTEXT)
        server.login(USER, PASSWORD)
        server.send_message(message)
```

becomes

```python
import ssl

import aiosmtplib

CONTEXT = ssl.create_default_context()


async def send(message: EmailMessage) -> None:
    async with aiosmtplib.SMTP(
        hostname=HOST, port=587, timeout=None, start_tls=False
    ) as server:
        await server.starttls(tls_context=CONTEXT)
        await server.login(USER, PASSWORD)
        await server.send_message(message)
```

It comes into play with `--codemod mail` or `prefer = "async"`, and always at the level unsafe: aiosmtplib raises
exceptions of its own, tells the server this machine's name as it is looked up, and takes the machine itself for the
server where the host is None.

## When it holds back

Not rewritten at all (`manual`), so that a thread sends the mail:

- aiosmtplib is not among what the project needs to run;
- the connection is not opened by a `with` block, or used outside of it, handed on, or asked for anything but `ehlo`,
  `helo`, `login`, `noop`, `quit`, `rset`, `send_message`, `sendmail` and `starttls`;
- what a command gives back is used: it has another form;
- a handler in the function or above it, a decorator or the application catches what smtplib raises (`OSError` as well);
- the host does not stand there, or may hold the port as well;
- an await may do harm where one of the commands stands.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.mods.mail.blocks import Block

if TYPE_CHECKING:
    from codemods.mods.codemod import Verdict, Work

KINDS = ("mail",)
TWIN = True
NEVER_SAFE = True


def decide(work: Work) -> list[Verdict | None]:
    """The same answer for all that is said to one server."""
    found: list[Verdict | None] = [None] * len(work.situations)
    if work.coroutine is None:
        return found
    for number, situation in enumerate(work.situations):
        site, node = situation.site, situation.node
        if site.entry.name not in catalog.mail()["makers"] or site.chain or not isinstance(node, ast.Call):
            continue
        if not work.settled[number]:
            Block(work, number, node).decide(found)
    return found
