"""The catalogue: what every file must have, and that its names are there in the packages that can be imported here."""

from __future__ import annotations

import importlib.util
import inspect
import tomllib
from importlib import resources
from typing import Any

import pytest

from codemods import catalog
from codemods.catalog import Knowledge, library, type_expressions
from codemods.model import IMPACTS, KINDS

FILES = library.names()
HEAD = {"distribution", "checked", "unchecked", "kind", "impact", "functions", "gives", "types"}
ROW = {"kind", "impact", "gil", "lazy", "twin", "twins", "gives", "direct", "thread_bound"}
TYPE = {
    *("also", "like", "bases", "blocks", "every", "free", "gives", "attributes", "reads", "enters", "ends", "iterates"),
    *("others", "own"),
    *("twin", "twinless", "thread_bound", "lazy", "methods", "kind", "impact", "gil", "direct"),
}
# What has a name here and none in its library: what a `with` block or a call gives.
NAMELESS = {
    "langchain_core.runnables.Streamed",
    "psycopg_pool.PooledConnection",
    "sqlalchemy.engine.EngineBegin",
    "sqlalchemy.orm.SessionBegin",
}


def table(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("codemods.catalog").joinpath("blocking", f"{name}.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_schema(name: str) -> None:
    data = table(name)
    assert set(data) <= HEAD
    assert data["distribution"]
    assert data["checked"], "the version that its names were checked in"
    rows = [*data.get("functions", {}).values()]
    for known in data.get("types", {}).values():
        assert set(known) <= TYPE
        assert known, "a type says something"
        rows += known.get("methods", {}).values()
        for text in (*known.get("gives", {}).values(), *known.get("attributes", {}).values()):
            assert type_expressions(text)
    for text in data.get("gives", {}).values():
        assert type_expressions(text)
    for row in rows:
        assert set(row) <= ROW
    for row in (data, *rows, *data.get("types", {}).values()):
        assert row.get("kind", "other") in KINDS
        assert row.get("impact", "low") in IMPACTS


def test_there_are_many_entries_and_each_has_one_meaning() -> None:
    found = list(catalog.every_entry())
    unchecked = {root for name in FILES for root in table(name).get("unchecked", ())}
    assert len({entry.name for entry in found if entry.name.partition(".")[0] not in unchecked}) >= 1500
    assert {entry.kind for entry in found} <= set(KINDS)


def test_no_type_is_described_twice() -> None:
    seen: dict[str, str] = {}
    for name in FILES:
        known = library.load(name)
        for each in (*known.types, *known.same):
            assert seen.setdefault(each, name) == name, f"{each} is in {name} and in {seen[each]}"
        assert not set(known.types) & set(known.same), name


def find(name: str) -> object:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    pytest.fail(f"{name} cannot be found")


# Those of the packages that the checks install; others are looked at where they happen to be there.
OPTIONAL = tuple(
    name for name in ("httpx", "pymongo", "redis", "sqlmodel") if importlib.util.find_spec(name) is not None
)
IMPORTABLE = ("stdlib_files", "stdlib_net", "stdlib_waiting", "sqlite3", "sqlalchemy", "requests", *OPTIONAL)
# Attributes that only objects have, functions that are documented as classes, and what newer versions moved or dropped.
ELSEWHERE = {
    "multiprocessing.JoinableQueue",
    "multiprocessing.Lock",
    "multiprocessing.RLock",
    "multiprocessing.Semaphore",
    "multiprocessing.Queue",
    "multiprocessing.SimpleQueue",
    "pathlib._local.Path",
    "sqlalchemy.engine.Engine",
    "subprocess.Popen",
    "threading.Condition",
    "threading.Lock",
    "threading.RLock",
    "typing.BinaryIO",
    "typing.TextIO",
    "_thread.lock",
    "configparser.SafeConfigParser",
}


@pytest.mark.parametrize("name", IMPORTABLE)
def test_names_are_those_of_the_package(name: str) -> None:
    known = library.load(name)
    roots = {"flask_sqlalchemy"} if importlib.util.find_spec("flask_sqlalchemy") is None else set()
    for called in (*known.functions, *known.gives):
        assert callable(find(called)), called
        assert not inspect.iscoroutinefunction(find(called)), called
    for each, about in known.types.items():
        if each in NAMELESS | ELSEWHERE or each.partition(".")[0] in roots:
            continue
        cls = find(each)
        for method in (*about.blocks, *about.free):
            assert hasattr(cls, method), f"{each}.{method}"
            assert not inspect.iscoroutinefunction(getattr(cls, method)), f"{each}.{method}"
        if about.others:
            said = {*about.own, *about.blocks, *about.gives, *about.attributes}
            assert {name for name in dir(cls) if not name.startswith("_")} <= said, each
    for other, each in known.same.items():
        if other not in ELSEWHERE and each not in ELSEWHERE and other.partition(".")[0] not in roots:
            assert find(other) is find(each), f"{other} is not {each}"


def test_knowledge() -> None:
    known = Knowledge()
    assert known.canonical("redis.client.Redis.get") == "redis.Redis.get"
    assert known.canonical("nobody.knows.this") == "nobody.knows.this"
    assert known.function("requests.get") is not None
    assert known.function("requests.Session") is None
    assert known.type("requests.Session") is not None
    entry = known.member("sqlmodel.Session", "execute")
    assert entry is not None
    assert (entry.name, entry.kind, entry.twins["any"]) == (
        "sqlalchemy.orm.Session.execute",
        "database",
        "sqlalchemy.ext.asyncio.AsyncSession.execute",
    )
    assert known.member("botocore.client.BaseClient", "put_object") is not None
    assert known.member("botocore.client.BaseClient", "generate_presigned_url") is None
    assert known.member("botocore.client.BaseClient", "_make") is None
    assert known.read("yfinance.Ticker", "info") is not None
    assert known.read("yfinance.Ticker", "ticker") is None
    assert known.given("sqlalchemy.orm.Session", "query") == "sqlalchemy.orm.Query[$0]"
    assert known.enters("sqlalchemy.engine.EngineBegin") == "sqlalchemy.engine.Connection"
    assert known.iterates("sqlalchemy.orm.Query") == "$item"
    assert "info" in known.reads()
    assert known.attribute("pymongo.MongoClient", "shop") == "pymongo.database.Database"
    assert known.attribute("pymongo.database.Database", "orders") == "pymongo.collection.Collection"
    assert known.attribute("pymongo.database.Database", "client") == "pymongo.MongoClient"
    assert not any(
        known.attribute("pymongo.collection.Collection", name) for name in ("find_one", "name", "find", "_a")
    )


def test_settings_teach() -> None:
    known = Knowledge({"app.run": "cpu", "lib.Client.fetch": "http"}, ("time.*", "requests.get", "os.path.exis"))
    assert known.is_taught
    entry = known.taught("app.run")
    assert entry is not None
    assert (entry.kind, entry.impact) == ("cpu", "high")
    assert known.function("app.run") == entry
    assert known.function("time.sleep") is None
    assert known.function("requests.get") is None
    assert known.function("requests.post") is not None
    assert known.function("os.path.exists") is not None
    assert known.member("lib.Client", "fetch") is not None
    assert not Knowledge().is_taught


def test_type_expressions() -> None:
    assert type_expressions("a.B") == (("a.B", ()),)
    assert type_expressions("a.B[$0] | list[c.D]") == (("a.B", (("$0", ()),)), ("list", (("c.D", ()),)))
    assert type_expressions("a.B[$0.item]") == (("a.B", (("$0.item", ()),)),)
    with pytest.raises(ValueError, match="no type expression"):
        type_expressions("a]b")


def test_kinds_are_described() -> None:
    for kind in KINDS:
        assert catalog.describe(kind)
        assert catalog.known(kind) or kind == "other"
