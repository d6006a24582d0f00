from __future__ import annotations

from codemods import catalog
from codemods.loop import Survey, survey, taught
from tests.support import program_of


def look(text: str) -> Survey:
    return survey(program_of({"a.py": text}), catalog.blocking())


def test_nothing_on_the_loop() -> None:
    found = look("import time\ntime.sleep(1)\ndef f():\n    time.sleep(1)\n")
    assert found == Survey(0, (), ())


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
    assert survey(program, {}, within=frozenset({"/project/a.py"})).functions_on_loop == 1
    assert survey(program, {}).functions_on_loop == 2


def test_taught() -> None:
    assert taught({}, ()) == catalog.blocking()
    assert "time.sleep" not in taught({}, ("time.*",))
    assert "time.sleep" not in taught({}, ("time.sleep",))
    assert "time.sleep" in taught({}, ("time.sleep_not", "tim"))
    entry = taught({"app.nlp.run": "cpu"}, ())["app.nlp.run"]
    assert (entry.kind, entry.impact, dict(entry.twins)) == ("cpu", "high", {})
