"""What `to-async` takes for quick is there, and what it changes answers as before, on the loop's own thread."""

from __future__ import annotations

import importlib
import inspect
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codemods import catalog
from codemods.config import Settings
from tests.support import run, write

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = Path(__file__).parent.parent.parent / "fixtures" / "to-async"
KNOWN = catalog.quick()
Answer = tuple[int, str, dict[str, str]]
REQUESTS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "routes": [
        ("GET", "/", {}),
        ("GET", "/health", {}),
        ("GET", "/items/2?q=/A/&size=large", {}),
        ("GET", "/items/7", {}),
        ("GET", "/items/x", {}),
        ("GET", "/page", {"headers": {"accept": "all"}}),
        ("GET", "/text", {}),
        ("GET", "/old", {"follow_redirects": False}),
        ("GET", "/squares", {}),
        ("GET", "/sum", {}),
        ("GET", "/try?number=9", {}),
        ("GET", "/try?number=x", {}),
        ("POST", "/v1/items", {"json": {"name": "a", "id": "6dd6b6f5-3f38-4d17-a1a5-8c1d2a4d51a1"}}),
        ("POST", "/v1/items", {"json": {}}),
        ("PUT", "/v1/items/a?dry=1", {"json": {"name": "a"}, "headers": {"agent": "me"}}),
        ("DELETE", "/v1/items/3", {}),
        ("GET", "/bearer", {"headers": {"authorization": "Bearer a.b.c"}}),
    ],
    "dependencies": [
        ("GET", "/me", {"headers": {"x-token": "secret"}}),
        ("GET", "/me", {"headers": {"x-token": "secret", "authorization": "Bearer a"}}),
        ("GET", "/items?skip=3&limit=5000", {"headers": {"x-token": "secret"}}),
        ("GET", "/items", {"headers": {"x-token": "wrong"}}),
        ("GET", "/overridden", {"auth": ("me", "secret")}),
        ("GET", "/overridden", {"auth": ("me", "wrong")}),
        ("GET", "/overridden", {}),
    ],
    "expressions": [
        ("GET", "/checks?n=3", {}),
        ("GET", "/checks?n=3&text=", {}),
        ("GET", "/checks?n=x", {}),
        *(("GET", f"/more?n={n}", {"headers": {"cookie": "a=b"}}) for n in range(5)),
        ("GET", "/literal", {}),
        ("GET", "/outer", {}),
        ("GET", "/response", {}),
    ],
    "handlers": [
        ("GET", "/buy/bread", {}),
        ("GET", "/buy/rare-stamp", {}),
        ("GET", "/app", {}),
        ("GET", "/ping", {}),
    ],
}


def names() -> Iterator[str]:
    for table in ("functions", "any", "values", "same"):
        yield from KNOWN[table]
    yield from KNOWN["same"].values()
    yield from KNOWN["types"]
    for table, key in (
        ("numbers", "names"),
        ("scalars", "numbers"),
        ("scalars", "others"),
        ("models", "bases"),
        ("models", "fields"),
        ("models", "enums"),
        ("models", "exceptions"),
        ("markers", "checked"),
        ("markers", "depends"),
        ("first_only", "names"),
    ):
        yield from KNOWN[table][key]


def found(name: str) -> Any:  # noqa: ANN401 (anything may be behind a name)
    """What a dotted name stands for."""
    module, rest = name, ""
    while True:
        try:
            value: Any = importlib.import_module(module)
            break
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            rest = f"{last}.{rest}"
            if not module:
                pytest.skip(f"{name} is not installed")
    for part in rest.split(".")[:-1]:
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("name", sorted(set(names())))
def test_names_are_there(name: str) -> None:
    if (name.startswith("datetime.UTC") or "StrEnum" in name) and sys.version_info < (3, 11):
        pytest.skip("newer Python")
    if name == "pydantic.BaseSettings":
        pytest.skip("of pydantic 1")
    assert found(name) is not None


@pytest.mark.parametrize("name", sorted(KNOWN["types"]))
def test_attributes_are_there(name: str) -> None:
    cls, about = found(name), KNOWN["types"][name]
    fields = {*getattr(cls, "model_fields", ()), *getattr(cls, "_fields", ()), "status_code"}
    for member in (*about.get("attributes", ()), *about.get("methods", ())):
        assert hasattr(cls, member) or member in fields, member
        assert not inspect.iscoroutinefunction(getattr(cls, member, None)), member
    for gives in (*about.get("attributes", {}).values(), *about.get("methods", {}).values()):
        assert gives in {"", "number", "scalar", "dict", "plain", *KNOWN["types"]}


def test_nothing_quick_is_known_to_block() -> None:
    knowledge = catalog.Knowledge()
    for name in (*KNOWN["functions"], *KNOWN["any"]):
        assert knowledge.function(name) is None, name
        assert knowledge.member(name, "__init__") is None, name


def test_methods_of_scalars_are_there() -> None:
    about = KNOWN["scalar"]
    kinds = [found(name) for key in ("numbers", "others") for name in KNOWN["scalars"][key] if "pydantic" not in name]
    assert set(about["lists"]) <= set(about["methods"])
    for member in (*about["methods"], *about["constant"]):
        assert any(hasattr(kind, member) for kind in kinds), member


def loaded(path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401
    module: Any = types.ModuleType("served")
    monkeypatch.setitem(sys.modules, "served", module)
    exec(compile(path.read_bytes(), "served.py", "exec"), module.__dict__)  # noqa: S102 (our own fixtures)
    return module


def answers(path: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Answer], int]:
    """What a case answers, and how often something was run in a thread for that."""
    pytest.importorskip("fastapi")
    testclient = importlib.import_module("fastapi.testclient")
    to_thread = importlib.import_module("anyio.to_thread")
    module = loaded(path, monkeypatch)
    app = module.create_app() if hasattr(module, "create_app") else module.app
    if case == "routes":
        app.include_router(module.router)
    in_threads: list[object] = []
    run_sync = to_thread.run_sync

    def noted(function: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        in_threads.append(function)
        return run_sync(function, *arguments, **named)

    seen: list[Answer] = []
    with monkeypatch.context() as patch, testclient.TestClient(app, raise_server_exceptions=False) as client:
        patch.setattr(to_thread, "run_sync", noted)
        for method, url, options in REQUESTS[case]:
            answer = client.request(method, url, **options)
            # The time of day is in it.
            changing = url == "/health"
            seen.append((answer.status_code, "" if changing else answer.text, dict(answer.headers)))
    return seen, len(in_threads)


@pytest.mark.parametrize("case", sorted(REQUESTS))
def test_it_answers_as_before(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, in_threads = answers(CASES / case / "before.py", case, monkeypatch)
    after, left = answers(CASES / case / "after.py", case, monkeypatch)
    assert after == before
    assert len({status for status, _, _ in before}) > 1
    assert in_threads >= len([status for status, _, _ in before if status < 400])
    # One route that is asked could not be converted.
    assert left == (case == "handlers")


def test_what_stays_is_said_where_it_is_asked_for(project: Path) -> None:
    text = """
        from fastapi import FastAPI

        app = FastAPI()

        @app.get("/")
        def quick():
            return {}

        @app.get("/slow")
        def slow():
            return open("a").read()
    """
    write(project, {"main.py": text})
    asked = Settings(codemods=("to-async",))
    assert [each.function for each in run(project, settings=asked).findings] == ["quick"]
    low = Settings(codemods=("to-async",), impact="low")
    assert [(each.function, each.level) for each in run(project, settings=low).findings] == [
        ("quick", "safe"),
        ("slow", "manual"),
    ]
    assert run(project, settings=Settings(impact="low")).findings == ()


def test_what_the_settings_call_blocking_is_not_quick(project: Path) -> None:
    text = """
        from fastapi import FastAPI

        app = FastAPI()

        @app.get("/")
        def first(n: int):
            return {"n": model(n)}

        @app.get("/second")
        def second(n: int):
            return {"n": abs(n)}

        def model(n: int):
            return n
    """
    write(project, {"main.py": text})
    taught = (("main.model", "cpu"), ("builtins.abs", "cpu"))
    settings = Settings(codemods=("to-async",), impact="low", blocking=taught)
    result = run(project, settings=settings, changing=True)
    assert [each.reason.partition("line ")[2] for each in result.findings] == [
        "7 calls main.model, which blocks",
        "11 calls abs, which blocks",
    ]
    assert (result.changes, result.faults) == ((), ())
