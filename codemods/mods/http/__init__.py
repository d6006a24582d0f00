"""Ask other services without holding the loop: `requests` becomes `httpx.AsyncClient`.

## What it does

`requests.get(…)` in a coroutine becomes `await client.get(…)`, with a client that behaves as requests does: no time
limit unless one is given, redirects followed. All calls of a function share one `async with` block. A session that one
function makes becomes a client in such a block too, whether it stood in a `with` block or not. The context for
certificates is made once, when the module is imported, because making it takes 25 ms of the loop's time. Arguments,
what is read of the answers and the exceptions that are caught get httpx's names.

A session that a module keeps for all calls becomes a client that the module keeps, where the project makes one FastAPI
or Starlette application and every use of the session is a call in a coroutine. Connections belong to an event loop, so
they are kept open only in the application's lifespan, in which another client with the same settings takes its place;
outside of it (in a test without a lifespan, in a script) each call has a connection of its own. Files that import the
session import its module from then on, and read it there (`clients.session`), because the lifespan sets it anew. It
sends no cookies that came with an answer: none leaks from one caller to the next.

`httpx.get(…)` in a coroutine is awaited in the same way.

`httpx2` is used where the project declares it (or by the setting `http-client`): httpx itself is no longer maintained,
and httpx2 continues it under another name.

## Why

A thread waits for each answer otherwise, and there are 40 of them. A service that asks other services all the time
serves as many requests at once as there are connections.

## Example

```python
import requests


async def find_user(name: str) -> User | None:
    reply = requests.get(f"{DIRECTORY}/{name}", timeout=5)
    if not reply.ok:
        return None
    return User(**reply.json())
```

becomes

```python
import httpx

_SSL_CTX = httpx.create_ssl_context()


async def find_user(name: str) -> User | None:
    async with httpx.AsyncClient(
        verify=_SSL_CTX, follow_redirects=True, max_redirects=30
    ) as client:
        reply = await client.get(f"{DIRECTORY}/{name}", timeout=5)
    if reply.is_error:
        return None
    return User(**reply.json())
```

It comes into play with `--codemod http`, with the setting `prefer = "async"` (or `--prefer async`), and of itself where
nothing can differ and the project declares httpx.

## When it holds back

Not rewritten at all (`manual`), so that a thread makes the call as it is:

- the answer is handed on, or something is read of it that httpx does not have (`raw`, `iter_lines` without
  `decode_unicode=True`: lines of bytes end at line feeds and carriage returns alone, httpx's lines of text at more
  signs, some of which stand in JSON as they are);
- an answer is read part by part (`stream=True`) outside of a `with` block of its own, files are sent that are not
  bytes in memory, or certificates, proxies or a login are objects;
- a session is handed on, is kept by an object, or is used in a way that an async client is not (`mount`, `proxies`);
- a session that a module keeps is used in a plain function or in a test, is imported in a block, from a file that has
  imported it itself or among files that import each other, is told something while it is in use or in another file,
  may log in, or there is not one application with one place where its lifespan yields;
- `raise_for_status()` is called where redirects are not followed (httpx's raises for them), or for what it gives;
- the body is a list of pairs, a file or a generator, the arguments are put together while it runs (`**options`), or an
  address or `params` are written in another way by httpx;
- a handler looks into the exception (all but the answer of an `HTTPError`), as may a decorator that is told to
  (`giveup`); an exception handler of the application does so, hands the exception to another function, is registered
  in a way that is not understood, or would take what another one waits for;
- the project names a class of requests' exceptions in a way that is not understood (`LATE = (requests.Timeout,)`,
  `type(error) is requests.Timeout`), and may wait for it;
- an await may do harm where the call stands: under a lock, in a transaction, amid a change of what others share.

Only with `--unsafe`:

- httpx is not among the project's dependencies;
- tests mock requests: they would no longer meet the call;
- something may differ: what has no type may be no text, a value may be None, a header or a login may have signs outside
  of ASCII, text without a charset is read otherwise, a body is sent again where a redirect keeps the method,
  `raise_for_status` and handlers get other classes of exceptions. Handlers in the function and in those that await it,
  `suppress`, `isinstance`, `pytest.raises` and the decorators of tenacity, backoff and stamina wait for httpx's classes
  instead, or for both where requests' own may still come. So do handlers that no call leads to from what raises them
  (in middlewares, wrappers, dependencies that yield, around tasks). What waits for an `OSError`, or for a `ValueError`
  where an address may be none, waits for what httpx raises instead as well. `raise` in the function goes along where
  httpx has a class that is caught by exactly the same; it stays where requests' own is a `ValueError` as well
  (`MissingSchema`, `JSONDecodeError`), a class of the project, or an `HTTPError` without `response=`, which httpx's has
  to have: what waits for those waits for both. Exception handlers of the application
  (`@app.exception_handler(requests.Timeout)`, `app.add_exception_handler(…)`) are registered for httpx's beside
  requests', and for wrong JSON where the calls read JSON;
- a module keeps the session;
- several calls share a client: a cookie that a redirect sets is not sent on, so that none leaks from call to call.

What differs always: the `User-Agent`, the blanks in JSON bodies, that a GET after a redirected POST keeps the
`Content-Type`, and that httpx does not read `.netrc` and `REQUESTS_CA_BUNDLE` (a project that names one of them is left
to the threads).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.mods.http.calls import Reader
from codemods.mods.http.function import Function
from codemods.mods.http.kept import Sessions
from codemods.mods.http.member import Member
from codemods.mods.http.same import Same, read_same
from codemods.mods.http.sessions import elsewhere, session_of
from codemods.mods.http.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.mods.codemod import Verdict, Work
    from codemods.mods.http.sessions import Session

KINDS = ("http",)
TWIN = True


def decide(work: Work) -> list[Verdict | None]:
    """What becomes of the calls of requests in one coroutine: all that can go, go together."""
    found: list[Verdict | None] = [None] * len(work.situations)
    function = work.coroutine
    if function is None:
        return found
    sessions = _kept(work)
    sessions.settle(lambda other: _settled(other, sessions))
    members = list(_members(work, function, sessions))
    if members:
        Function(work, function, members).decide(found, sessions.elsewhere)
    same = list(_same(work))
    if same and not any(found):
        Same(work, function, same).decide(found)
    return found


def _kept(work: Work) -> Sessions:
    return work.project.once("http: sessions", lambda: Sessions(work.project))


def _settled(work: Work, sessions: Sessions) -> Function:
    """What a function comes to where the sessions that modules keep go as far as they can."""
    function = work.coroutine
    assert function is not None  # noqa: S101 (`Sessions` asks for coroutines only)
    looked = Function(work, function, list(_members(work, function, sessions)))
    looked.settle()
    return looked


def _same(work: Work) -> Iterator[Member]:
    """The calls of httpx's own functions."""
    for number, situation in enumerate(work.situations):
        library, _, method = situation.site.entry.name.rpartition(".")
        node = situation.node
        ours = library == "httpx" and method in catalog.http()["functions"] and not situation.site.chain
        if ours and isinstance(node, ast.Call) and not work.settled[number]:
            asked = read_same(situation, node, method)
            yield Member(number, situation, node, asked, asked.refusal)


def _members(work: Work, function: ast.AsyncFunctionDef, kept: Sessions) -> Iterator[Member]:
    """The calls of requests' own functions, and of the methods of its sessions."""
    known = catalog.http()
    sessions: dict[ast.AST, Session] = {}
    for number, situation in enumerate(work.situations):
        library, _, method = situation.site.entry.name.rpartition(".")
        node = situation.node
        if situation.site.chain or not isinstance(node, ast.Call) or work.settled[number]:
            continue
        if library in {"requests", "requests.api"} and method in known["functions"]:
            asked = Reader(situation).read(node, method, known["functions"][method])
            yield Member(number, situation, node, asked, asked.refusal)
        elif library == "requests.Session" and method in known["session"]["functions"]:
            found = session_of(situation, function)
            if found is not None and found.block not in sessions:
                sessions[found.block] = Settings(situation, function, found).read()
            of_module = kept.of(situation) if found is None else None
            session, client = of_module or (None, "")
            session = sessions[found.block] if found is not None else session
            names = known["session"]["functions"][method]
            asked = Reader(situation).read(node, method, names, parameters=bool(session and session.parameters))
            special = (
                "what it tells the client is not for the session's other calls" if asked.verify or asked.cookies else ""
            )
            refusal = (session.refusal or asked.refusal or special) if session is not None else elsewhere(node)
            yield Member(number, situation, node, asked, refusal, session=session, client=client)
