"""One module of a project, run in a process of its own: everything that can be seen from outside is noted."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import gc
import importlib
import inspect
import io
import itertools
import json
import os
import random
import re
import signal
import sqlite3
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.behaviour import surroundings
from tests.behaviour.derive import CONTENT, FILE, arguments, value
from tests.behaviour.requests_for import Asked, requests_for
from tests.mods.server import serving

if TYPE_CHECKING:
    import types
    from collections.abc import Callable, Iterator

_PATIENCE = 10.0
# Where an object lies, the line and the thread in which something was raised, what a folder is called, what something
# is known by, and the time.
_CHANGING = re.compile(
    r"(?<=0x)[0-9a-f]{6,}|(?<=, line )\d+|(?<=thread id )\d+|(?<=/tmp/)tmp\w+"
    r"|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|(?<=Description id: )\w+"
    r"|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?|\b1\d{9}(\.\d+)?\b"
)
# `select` names columns as they are, a Query puts their table's name before; what answers is asked for by its place.
_LABEL = re.compile(r" AS \w+")
_AS_MANY = 5


@dataclass
class Seen:
    """What a run showed."""

    refused: str = ""
    """Why the module could not be loaded."""
    calls: dict[str, str] = field(default_factory=dict)
    """What each function gave or raised, and how each request was answered."""
    printed: str = ""
    sleeps: list[float] = field(default_factory=list)
    upstream: list[Any] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """The files in the folder afterwards, and what the databases among them hold."""
    complaints: list[str] = field(default_factory=list)
    stalls: set[surroundings.Stall] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    """The files of the project that it consists of."""


def observe(folder: Path, name: str) -> Seen:
    """Load a module, call its functions, serve its application. The process is not fit for anything else afterwards."""
    seen = Seen()
    random.seed(1)
    signal.signal(signal.SIGALRM, _late)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    Path(FILE).write_text(CONTENT, "utf-8")
    there = set(folder.rglob("*"))
    out = io.StringIO()
    with serving() as (url, came), contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        surroundings.one_server(int(url.rpartition(":")[2]))
        surroundings.complaints(seen.complaints)
        clock = surroundings.Clock()
        surroundings.watch(folder, seen.stalls)
        try:
            module = importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001 (whatever it is, it is what is to be known)
            seen.refused = f"{type(error).__name__}: {error}"
            return seen
        finally:
            files = [str(getattr(each, "__file__", "")) for each in [*sys.modules.values()]]
            own = {file for file in files if file.startswith(f"{folder}/")}
            seen.loaded = {file[len(f"{folder}/") :] for file in own}
        surroundings.tables([each for each in sys.modules.values() if getattr(each, "__file__", None) in own])
        # One loop for all, as a service has.
        with asyncio.Runner() as runner:
            for label, call in entries(module):
                clock.wind()
                seen.calls[label] = outcome(call, runner)
        app = application(module)
        if app is not None:
            seen.calls |= served(app, clock)
        gc.collect()
        signal.setitimer(signal.ITIMER_REAL, 0)
    seen.printed = plain(out.getvalue())
    seen.upstream = list(came)
    seen.sleeps = sorted(clock.sleeps)
    left = [file for file in sorted(folder.rglob("*")) if file.is_file() and "__pycache__" not in file.parts]
    seen.files = {
        str(file.relative_to(folder)): contents(file) for file in left if file not in there or file.name == FILE
    }
    return seen


def contents(file: Path) -> str:
    """A file's text; of a database, its rows."""
    if file.read_bytes().startswith(b"SQLite format 3"):
        with contextlib.closing(sqlite3.connect(file)) as database:
            # SQLAlchemy makes indices in the order of a set.
            return plain("\n".join(sorted(database.iterdump())))
    return plain(file.read_text("utf-8", "replace"))


def plain(text: str) -> str:
    """A text without what is different each time."""
    return _CHANGING.sub("", text)


def _late(*_: object) -> None:
    raise TimeoutError


def application(module: types.ModuleType) -> Any:
    """The application that a module defines, or makes on request."""
    for found in vars(module).values():
        if isinstance(found, Starlette):
            return found
    make = getattr(module, "create_app", None)
    return make() if make is not None else None


Entry = tuple[Any, dict[str, Any]]
"""A function, and what it is called with."""


def entries(module: types.ModuleType) -> Iterator[tuple[str, Callable[[], Entry]]]:
    """Every function and public method of a module's own, each with what makes its call ready."""
    names = vars(module)
    for name, found in list(names.items()):
        if getattr(found, "__module__", "") != module.__name__:
            continue
        if inspect.isfunction(found):
            yield name, functools.partial(_function, found, names)
        elif inspect.isclass(found):
            for method, function in vars(found).items():
                if inspect.isfunction(function) and not method.startswith("_"):
                    yield f"{name}.{method}", functools.partial(_method, found, method, names)


def _function(function: Any, names: dict[str, Any]) -> Entry:
    return function, arguments(function, names)


def _method(kind: type, name: str, names: dict[str, Any]) -> Entry:
    made = value(kind, "", names)
    return getattr(made, name), arguments(getattr(made, name), names)


def outcome(ready: Callable[[], Entry], runner: asyncio.Runner) -> str:
    """What a call gives or raises, awaited where it has to be."""
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE, 1)
    try:
        return _outcome(ready, runner)
    except TimeoutError as error:
        # A second one, while the first was being told of.
        return shown(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _outcome(ready: Callable[[], Entry], runner: asyncio.Runner) -> str:
    try:
        function, given = ready()
    except Exception as error:  # noqa: BLE001 (a class that cannot be made, say)
        return f"not called: {shown(error)}"
    try:
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            return shown(runner.run(_awaited(function, given), context=contextvars.copy_context()))
        found = function(**given)
        return shown(list(itertools.islice(found, _AS_MANY)) if inspect.isgenerator(found) else found)
    except BaseException as error:  # noqa: BLE001 (any exception is an outcome)
        return shown(error)


async def _awaited(function: Any, given: dict[str, Any]) -> Any:
    if inspect.isasyncgenfunction(function):
        found = []
        async for each in function(**given):
            found.append(each)
            if len(found) == _AS_MANY:
                break
        return found
    return await function(**given)


def shown(found: Any) -> str:
    """Something as text, without addresses; an answer, or a session, as what it says or is about, whose ever it is."""
    if isinstance(found, StatementError):
        return f"{type(found).__name__}: {plain(_LABEL.sub('', str(found)))}"
    if isinstance(found, BaseException):
        return f"{type(found).__name__}: {plain(str(found))}"
    if isinstance(found, (list, tuple)):
        return f"{type(found).__name__}[{', '.join(map(shown, found))}]"
    if hasattr(found, "status_code") and hasattr(found, "text"):
        return f"answer {found.status_code} {found.text}"
    if isinstance(found, (AsyncEngine, Engine)):
        return f"engine of {found.url.get_backend_name()} {found.url.database}"
    return plain(repr(found.sync_session if isinstance(found, AsyncSession) else found))


def served(app: Any, clock: surroundings.Clock) -> dict[str, str]:
    """How an application answers what can be asked of it."""
    answers: dict[str, str] = {}
    if hasattr(app, "openapi"):
        try:
            answers["schema"] = json.dumps(app.openapi(), sort_keys=True)
        except Exception as error:  # noqa: BLE001 (an application may be served without)
            answers["schema"] = shown(error)
    try:
        with TestClient(app) as client:
            for asked in requests_for(app):
                label = str(asked)
                clock.wind()
                answers[label] = answers.get(label, "") + _answer(client, asked)
    except BaseException as error:  # noqa: BLE001 (starting or stopping failed)
        answers["served"] = shown(error)
    return answers


def _answer(client: TestClient, asked: Asked) -> str:
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE, 1)
    try:
        reply = client.request(asked.method, asked.path, follow_redirects=False, **asked.options)
    except BaseException as error:  # noqa: BLE001 (any exception is an answer)
        return shown(error)
    return f"{reply.status_code} {reply.headers.get('content-type')} {plain(reply.text)}"
