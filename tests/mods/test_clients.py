"""Clients and their asynchronous twins ask the same of a server, and get the same."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from codemods.config import Settings
from tests.mods.mongo import mongo
from tests.mods.redis_server import redis_server
from tests.mods.server import serving
from tests.support import run, source, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ASKED = Settings(codemods=("clients",), unsafe=frozenset({"clients"}))

REDIS = """
    import redis
    from redis import Redis

    cache = redis.from_url("{URL}", decode_responses=True)


    class Store:
        def __init__(self) -> None:
            self.redis = Redis.from_url("{URL}")

        async def put(self, name: str, value: str) -> bool | None:
            return self.redis.set(name, value, ex=60)

        async def take(self, name: str) -> list[object]:
            found = [self.redis.get(name), self.redis.exists(name), self.redis.ttl(name) > 0]
            self.redis.close()
            return found


    async def call() -> list[object]:
        cache.flushdb()
        store = Store()
        given: list[object] = [await store.put("a", "1"), cache.get("a").upper()]
        given += [cache.incrby("n", 3), cache.hset("h", mapping={"b": "c"}), cache.hgetall("h")]
        given += [cache.rpush("l", "x", "y"), cache.lrange("l", 0, -1), sorted(cache.keys("*"))]
        try:
            cache.incr("h")
        except redis.ResponseError as error:
            given.append(str(error))
        given += await store.take("a")
        cache.close()
        return given
"""
MONGO = """
    from pymongo import MongoClient

    mongo = MongoClient("{URL}")
    orders = mongo["shop"]["orders"]


    async def call() -> list[object]:
        orders.insert_one({"_id": 1, "name": "a"})
        orders.insert_many([{"_id": 2, "name": "b"}, {"_id": 3, "name": "b"}])
        changed = orders.update_one({"_id": 2}, {"$set": {"name": "c"}}).modified_count
        found = orders.find_one({"_id": 2})
        given = [changed, found, orders.find_one({"_id": 9}), orders.count_documents({})]
        mongo.close()
        return given
"""
CURSORS = """
    from pymongo import DESCENDING, MongoClient

    mongo = MongoClient("{URL}")
    orders = mongo["shop"]["orders"]


    async def call() -> list[object]:
        orders.insert_many([{"_id": n, "kind": "ab"[n % 2], "size": 10 - n} for n in range(7)])
        given = [list(orders.find({"kind": "a"}).sort("size", DESCENDING).limit(3))]
        for order in orders.find({"kind": "b"}, batch_size=2):
            if order["_id"] == 5:
                break
            given.append(order)
        else:
            given.append("all")
        given.append([each["size"] for each in orders.find().skip(1).batch_size(3) if each["kind"] == "a"])
        given.append({each["_id"]: each for each in orders.aggregate([{"$match": {"kind": "b"}}], batchSize=1)})
        given.append(sorted((each["size"] for each in orders.find()), reverse=True))
        given.append(sorted(orders.find({"kind": "a"}), key=lambda each: each["size"]))
        given += [list(orders.aggregate([{"$match": {"kind": "c"}}])), tuple(orders.find({"size": 4}))]
        cursor = orders.find({}, {"kind": 1})
        cursor = cursor.sort([("kind", 1), ("size", 1)]).batch_size(2)
        cursor.limit(4)
        for order in cursor:
            given.append(order)
        given.append(list(cursor))
        counted = orders.aggregate([{"$group": {"_id": None, "n": {"$sum": 1}}}])
        for each in counted:
            given.append(each["n"])
        mongo.close()
        return given
"""
OPENAI = """
    from openai import OpenAI, APIStatusError

    client = OpenAI(api_key="k", base_url="{URL}/json", max_retries=0)


    async def call() -> list[object]:
        reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
        vectors = client.embeddings.create(model="m", input="a", encoding_format="float")
        given = [reply.choices[0].message.content, len(vectors.data)]
        client.close()
        return given
"""
ANTHROPIC = """
    from anthropic import Anthropic


    async def call() -> list[object]:
        client = Anthropic(api_key="k", base_url="{URL}/json", max_retries=0)
        reply = client.messages.create(model="m", max_tokens=3, messages=[{"role": "user", "content": "hi"}])
        client.close()
        return [reply.content[0].text, reply.usage.input_tokens]
"""
ELASTIC = """
    from elasticsearch import Elasticsearch

    search = Elasticsearch("{URL}/json")


    async def call() -> list[object]:
        found = search.search(index="a", query={"match_all": {}})["hits"]["hits"]
        there = search.indices.exists(index="a").meta.status
        search.close()
        return [found, there]
"""
HTTPX = """
    import httpx


    async def call() -> list[object]:
        with httpx.Client(base_url="{URL}", headers={"X-A": "b"}) as client:
            first = client.get("/echo", params={"a": None})
            client.cookies.set("c", "d")
            second = client.post("/echo", json={"n": 1})
        return [first.json()["query"], second.json()["headers"], second.json()["body"]]
"""
CASES = {
    "redis": REDIS,
    "pymongo": MONGO,
    "pymongo.cursor": CURSORS,
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "elasticsearch": ELASTIC,
    "httpx": HTTPX,
}


@contextmanager
def backend(case: str, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """The address of what a client asks, and what can be looked at afterwards."""
    if case == "redis":
        with redis_server(folder) as url:
            yield url, lambda: None
    elif case.startswith("pymongo"):
        with mongo() as (url, kept):

            def taken() -> object:
                found = json.loads(json.dumps(kept))
                kept.clear()
                return found

            yield url, taken
    else:
        with serving() as (url, came):

            def asked() -> object:
                found = [without_own_headers(each) for each in came]
                came.clear()
                return found

            yield url, asked


def without_own_headers(request: dict[str, Any]) -> dict[str, Any]:
    """A request without what a client says about itself."""
    own = ("x-stainless", "x-elastic-client")
    return {**request, "headers": {k: v for k, v in request["headers"].items() if not k.startswith(own)}}


def outcome(code: str) -> Any:  # noqa: ANN401 (whatever the case gives)
    names: dict[str, Any] = {}
    exec(compile(code, "<code>", "exec"), names)  # noqa: S102 (it is what is tested)
    return asyncio.run(names["call"]())


@pytest.mark.parametrize("case", CASES)
def test_the_same_is_asked_and_given(case: str, tmp_path: Path) -> None:
    pytest.importorskip(case)
    with backend(case, tmp_path) as (url, seen):
        before = source(CASES[case]).replace("{URL}", url)
        project = tmp_path / "project"
        write(project, {"main.py": before.encode()})
        result = run(project, settings=ASKED, changing=True)
        assert result.faults == ()
        assert {(each.codemod, each.level) for each in result.findings} == {("clients", "unsafe")}, result.findings
        after = result.changes[0].after.decode()
        assert after.count("await ") > before.count("await ")
        first, of_first = outcome(before), seen()
        second, of_second = outcome(after), seen()
    assert second == first
    assert of_second == of_first
    write(project, {"main.py": after.encode()})
    assert run(project, settings=ASKED, changing=True).changes == ()
