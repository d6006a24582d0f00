from __future__ import annotations

from codemods.catalog import Knowledge
from codemods.loop import Survey, survey
from tests.support import program_of


def look(text: str) -> Survey:
    return survey(program_of({"a.py": text}), Knowledge())


def test_nothing_on_the_loop() -> None:
    found = look("import time\ntime.sleep(1)\ndef f():\n    time.sleep(1)\n")
    assert (found.functions_on_loop, found.sites, found.unresolved, found.stopped) == (0, (), (), ())


def test_sites() -> None:
    found = look(
        """
        import time
        async def f():
            time.sleep(1)
            [time.sleep(2) for _ in x]
            class C: time.sleep(3)
            def inner(): time.sleep(4)
            lambda: time.sleep(5)
        class D:
            async def g(self): time.sleep(6)
        """
    )
    assert found.functions_on_loop == 2
    assert [site.call.span.line for site in found.sites] == [3, 4, 5, 9]
    assert [site.module.facts.scopes[site.function].qualname for site in found.sites] == ["f", "f", "f", "D.g"]
    assert {site.entry.name for site in found.sites} == {"time.sleep"}


def test_unresolved_calls_are_counted() -> None:
    found = look(
        """
        import asyncio
        def helper(): ...
        async def f(client):
            client.get()
            make()()
            await client.get()
            asyncio.sleep(1)
            helper()
            print()
        """
    )
    assert [(remark.line, remark.text) for remark in found.unresolved] == [
        (4, "client.get"),
        (5, "(a call's result)"),
        (5, "make"),
    ]


def test_within() -> None:
    program = program_of({"a.py": "async def f(): ...", "b.py": "async def g(): ..."})
    assert survey(program, Knowledge(), within=frozenset({"/project/a.py"})).functions_on_loop == 1
    assert survey(program, Knowledge()).functions_on_loop == 2


def test_kinds() -> None:
    program = program_of(
        {"a.py": "import time, requests\ndef h():\n    time.sleep(1)\n    requests.get('')\nasync def f():\n    h()"}
    )
    assert [site.entry.name for site in survey(program, Knowledge()).sites] == ["time.sleep"]
    assert [site.entry.name for site in survey(program, Knowledge(), kinds={"http"}).sites] == ["requests.get"]
    assert survey(program, Knowledge(), kinds={"cpu"}).sites == ()


def test_code_that_runs_once_has_a_low_impact() -> None:
    found = look(
        """
        import requests
        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        client = None
        @asynccontextmanager
        async def lifespan(app):
            requests.get("1")
            yield
        async def warm_up():
            requests.get("2")
        async def first():
            global client
            if client is None:
                client = requests.get("3")
            requests.get("4")
        app = FastAPI(lifespan=lifespan, on_startup=[warm_up])
        @app.on_event("startup")
        def start():
            requests.get("5")
        @app.on_event("shutdown")
        async def stop():
            requests.get("6")
        """
    )
    assert [(site.call.span.line, site.impact) for site in found.sites] == [
        (7, "low"),
        (10, "low"),
        (14, "low"),
        (15, "high"),
        (19, "low"),
        (22, "low"),
    ]


def test_what_a_helper_does_only_once_is_not_charged_to_its_callers() -> None:
    found = look(
        """
        import requests
        _one = _two = _three = None
        class Kept:
            it = None
        def one():
            global _one
            if _one is None:
                _one = requests.get("")
            return _one
        def two():
            global _two
            if _two is not None:
                return _two
            _two = requests.get("")
            return _two
        def three():
            if not Kept.it:
                Kept.it = requests.get("")
            return Kept.it
        def each_time():
            kept = None
            if kept is None:
                kept = requests.get("")
            return kept
        async def f():
            one(), two(), three(), each_time()
        """
    )
    assert [site.call.callee for site in found.sites] == ["each_time"]
