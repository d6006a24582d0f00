"""A stage for made-up modules: what blocks takes no time, and all that happens is noted, in order."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import time
import types
import warnings
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

_BROKEN = 13


class Stage:
    """What happens while one module runs."""

    def __init__(self) -> None:
        self.events: list[tuple[str, object]] = []
        self.routes: list[Callable[[], Any]] = []
        self._wait = asyncio.sleep

    def play(self, code: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
        """Run `main()` and all routes; what it gives, what happened, and how many coroutines were forgotten."""
        with monkeypatch.context() as patch, warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for place, name, value in (
                (time, "sleep", lambda seconds: self._note("sleep", seconds)),
                (asyncio, "sleep", self._sleep),
                (subprocess, "call", self._call),
            ):
                patch.setattr(place, name, value)
            for name, stand_in in self._modules().items():
                patch.setitem(sys.modules, name, stand_in)
            module: Any = types.ModuleType("main")
            module.__file__ = __file__
            exec(compile(code, "main.py", "exec", dont_inherit=True), module.__dict__)  # noqa: S102 (made up a moment ago)
            given = asyncio.run(self._run(module))
            state = (module.shared, module.slow.count, module.sink.getvalue())
        forgotten = sum("never awaited" in str(each.message) for each in told)
        return given, self.events, state, forgotten

    async def _run(self, module: Any) -> list[object]:  # noqa: ANN401 (made up a moment ago)
        given = list(await module.main())
        for route in self.routes:
            try:
                answer = route() if inspect.iscoroutinefunction(route) else asyncio.to_thread(route)
                given.append(await answer)
            except Exception as error:  # noqa: BLE001 (any exception is an outcome)
                given.append(type(error).__name__)
        return [plain(each) for each in given]

    def _note(self, what: str, about: object) -> None:
        self.events.append((what, about))

    async def _sleep(self, seconds: float) -> None:
        if seconds:
            self._note("sleep", seconds)
        await self._wait(0)

    def _call(self, args: int) -> int:
        self._note("call", args)
        if args == _BROKEN:
            raise OSError(args)
        return int(args)

    def _modules(self) -> dict[str, types.ModuleType]:
        """Stand-ins for what is imported: both http libraries note the same."""
        stage = self

        class Answer:
            status_code = 200

        class Client:
            def __init__(self, **named: object) -> None:
                pass

            async def __aenter__(self) -> Self:
                return self

            async def __aexit__(self, *_: object) -> None:
                pass

            async def get(self, url: str, **_: object) -> Answer:
                stage._note("get", url)
                return Answer()

        def get(url: str) -> Answer:
            self._note("get", url)
            return Answer()

        def route(_path: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
            def keep(function: Callable[[], Any]) -> Callable[[], Any]:
                self.routes.append(function)
                return function

            return keep

        concurrency = _module("concurrency", run_in_threadpool=asyncio.to_thread)
        fastapi = _module(
            "fastapi", FastAPI=lambda: types.SimpleNamespace(get=route), concurrency=concurrency, __path__=[]
        )
        httpx = _module(
            "httpx",
            AsyncClient=Client,
            create_ssl_context=lambda **_: None,
            Limits=Client,
            Timeout=Client,
            HTTPError=OSError,
        )
        return {
            "fastapi": fastapi,
            "fastapi.concurrency": concurrency,
            "starlette.concurrency": concurrency,
            "requests": _module("requests", get=get),
            "httpx": httpx,
            "httpx2": httpx,
        }


def _module(name: str, **content: object) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(content)
    return module


def plain(value: object) -> object:
    """A value as far as it is the same in every run.

    A name that is not set yet has another error in a nested function.
    """
    if value == "UnboundLocalError":
        return "NameError"
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return [(plain(key), plain(each)) for key, each in value.items()]
    return value if isinstance(value, int | str | float | None) else type(value).__name__
