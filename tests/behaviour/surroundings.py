"""What a run may touch: a clock a thousand times as fast, one server for all addresses, and an eye on the loop."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any

import anyio._backends._asyncio
import pymongo.common
from blockbuster import BlockBuster
from sqlalchemy import Engine, MetaData, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import FrameType, ModuleType

Stall = tuple[str, tuple[tuple[str, int], ...]]
"""What blocked, and the lines of the project that were being carried out."""
_FASTER = 0.001
_AS_OFTEN = 40
# Where somebody answers; elsewhere connections are refused.
_PORTS = frozenset({9, 80, 8000, 8080, 9000})


def _put(function: Callable[..., Any], *modules: ModuleType) -> None:
    for module in modules:
        vars(module)[function.__name__] = function


def tables(modules: Iterable[ModuleType]) -> None:
    """Whatever models there are get their tables, in every file that an engine is for."""
    found = [each for module in modules for each in vars(module).values()]
    files = {
        each.url.database for each in found if isinstance(each, (Engine, AsyncEngine)) and "sqlite" in str(each.url)
    }
    kept = [getattr(each, "metadata", None) for each in found if isinstance(each, type)]
    models = {each for each in kept if isinstance(each, MetaData)}
    for file in files - {None, "", ":memory:"}:
        engine = create_engine(f"sqlite:///{file}")
        for each in models:
            each.create_all(engine)
        engine.dispose()


class EndlessError(BaseException):
    """A loop that nobody ends."""


class Clock:
    """It goes a thousand times as fast; sleeps are noted, and a single call gets only so many of them."""

    def __init__(self) -> None:
        self.sleeps: list[float] = []
        self.left = _AS_OFTEN
        block, wait = time.sleep, asyncio.sleep

        def sleep(seconds: float) -> None:
            self.note(seconds)
            block(seconds * _FASTER)

        _put(sleep, time)

        async def sleep(seconds: float, result: Any = None) -> Any:  # type: ignore[no-redef]
            self.note(seconds)
            return await wait(seconds * _FASTER, result)

        # anyio has a name of its own for it.
        _put(sleep, asyncio, asyncio.tasks, anyio._backends._asyncio)  # noqa: SLF001

    def wind(self) -> None:
        """Another call begins."""
        self.left = _AS_OFTEN

    def note(self, seconds: float) -> None:
        """Somebody sleeps; that asyncio.sleep(0) does is of no interest, nor is what looks for a server beside."""
        if seconds > 0 and not _beside():
            self.sleeps.append(seconds)
            self.left -= 1
        if self.left < 0:
            raise EndlessError


def _beside() -> bool:
    """Whether it is pymongo's watch over its servers."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None and not frame.f_globals.get("__name__", "").startswith("pymongo."):
        frame = frame.f_back
    return frame is not None


def one_server(port: int) -> None:
    """No name is looked up, and every connection goes to one server of ours or is refused."""
    connect = socket.socket.connect

    def redirected(self: socket.socket, address: Any) -> None:
        if self.family not in {socket.AF_INET, socket.AF_INET6} or address[1] == port:
            return connect(self, address)
        if address[1] not in _PORTS:
            raise ConnectionRefusedError(111, "Connection refused")
        return connect(self, ("127.0.0.1", port))

    def looked_up(_: object, service: Any, *__: object, **___: object) -> list[Any]:
        number = int(service) if str(service).isdigit() else 0
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", number))]

    # It would try for half a minute.
    vars(pymongo.common).update(SERVER_SELECTION_TIMEOUT=0.1)
    vars(socket).update(getaddrinfo=looked_up)
    type.__setattr__(socket.socket, "connect", redirected)


def complaints(said: list[str]) -> None:
    """Warnings, exceptions that nobody can catch, and what asyncio logs about forgotten ones."""
    warnings.simplefilter("always")

    def shown(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        said.append(f"{category.__name__}: {message}")

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(f"{record.name}: {record.getMessage()}")

    warnings.showwarning = shown
    sys.unraisablehook = lambda it: said.append(f"{type(it.exc_value).__name__}: {it.exc_value}")
    logging.getLogger("asyncio").addHandler(Heard(logging.WARNING))


def watch(folder: Path, stalls: set[Stall]) -> None:
    """BlockBuster, noting what it sees on the loop instead of raising."""

    def noting(name: str, allowed: Callable[..., bool], places: list[tuple[str, Any]]) -> Callable[..., bool]:
        def note(*arguments: Any, **named: Any) -> bool:
            if not allowed(*arguments, **named):
                lines: list[tuple[str, int]] = []
                frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (as BlockBuster does)
                while frame is not None:
                    file, function = frame.f_code.co_filename, frame.f_code.co_name
                    excused = any(file.endswith(place) and function in names for place, names in places)
                    if excused or file.startswith("<frozen importlib"):
                        return True
                    if file.startswith(f"{folder}/"):
                        lines.append((file[len(f"{folder}/") :], frame.f_lineno))
                    frame = frame.f_back
                if lines:
                    stalls.add((name, tuple(lines)))
            return True

        return note

    for each in BlockBuster().functions.values():
        each.can_block_predicate = noting(each.full_name, each.can_block_predicate, each.can_block_functions)
        each.activate()
