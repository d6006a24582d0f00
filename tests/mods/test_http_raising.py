"""Who waits for requests' exceptions: the functions of the fixtures `raising` and `hidden` give the same as before."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.mods.server import serving
from tests.mods.test_http import settings
from tests.support import run, write
from tests.test_fixtures import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

ASKS = """
import asyncio, json, os

fine, bad = os.environ["URL"] + "/status/200", os.environ["URL"] + "/status/500"
nowhere, broken, no_address = "http://127.0.0.1:1/", os.environ["URL"] + "/broken", "nothing"
urls = (fine, bad, nowhere, broken, no_address)


def outcome(function, url):
    try:
        return asyncio.run(function(url))
    except Exception as error:
        # Each library has classes of its own.
        return "KeyError" if type(error) is KeyError else "raises"


def outcomes(functions):
    return {f"{each.__name__} {url}": outcome(each, url) for each in functions for url in urls}
"""
RAISING = """
from app import partner, retries, routes

of_partner = ("both", "beside_a_thread", "raises", "suppresses", "asks_what_it_is", "of_the_answer", "stock")
found = outcomes([getattr(partner, name) for name in of_partner] + [routes.read_price, routes.read_stock])
for each in (retries.again, retries.again_for_one):
    outcome(each, nowhere)
    found[each.__name__] = each.statistics["attempt_number"]
print(json.dumps(found))
"""
HIDDEN = """
from fastapi.testclient import TestClient
from app import main, partner

names = [name for name, each in vars(partner).items() if asyncio.iscoroutinefunction(each)]
functions = [getattr(partner, name) for name in names if name not in ("of_anything", "run", "run_with")]
client = TestClient(main.app)


async def stock(url):
    return client.get("/stock", params={"url": url}).status_code


async def priced(url):
    return client.get("/price", params={"url": url}).status_code


print(json.dumps(outcomes([*functions, stock, priced]), default=lambda _: "raises"))
"""

PARTNER = """
    import requests


    async def price() -> int:
        return requests.get("http://partner/price", timeout=3).status_code
"""
# Ways to name a class, with the line.
NAMED = {
    "LATE = (requests.Timeout,)": "2",
    "CODES = {requests.Timeout: 504}": "2",
    "def late(e):\n    return type(e) is requests.Timeout": "3",
    "def late(e):\n    match e:\n        case requests.Timeout():\n            return 504": "4",
    "class Late:\n    waits_for = requests.Timeout": "3",
    "def late(errors=requests.Timeout): ...": "2",
    "@print(requests.Timeout)\nclass Late: ...": "2",
    "print(requests.Timeout)": "2",
    "for each in (KeyError, requests.Timeout): ...": "2",
}
SPOKEN = (
    "Late = requests.Timeout",
    "def late(e: requests.Timeout | None) -> list[requests.Timeout]: ...",
    "class Late(requests.Timeout): ...",
    "def late():\n    raise requests.Timeout",
    "late: requests.Timeout = requests.Timeout('a')",
    "def late():\n    try:\n        print()\n    except requests.Timeout: ...",
)


def given(folder: Path, asks: str, url: str, *parts: Path) -> dict[str, object]:
    for part in parts:
        shutil.copytree(part, folder, dirs_exist_ok=True)
    environment = {**os.environ, "URL": url, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", ASKS + asks]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def both(folder: Path, case: str, asks: str) -> tuple[dict[str, object], dict[str, object]]:
    """What a fixture's functions give as they were, and as they are."""
    for library in ("backoff", "fastapi", "httpx", "tenacity"):
        pytest.importorskip(library)
    files = FIXTURES / "http" / case
    with serving() as (url, _):
        before = given(folder / "before", asks, url, files / "before")
        return before, given(folder / "after", asks, url, files / "before", files / "unsafe")


def test_the_same_is_caught(tmp_path: Path) -> None:
    before, after = both(tmp_path, "raising", RAISING)
    assert before["again"] == 3
    assert before["again_for_one"] == 1
    assert after == before


def test_the_same_is_caught_where_no_call_leads(tmp_path: Path) -> None:
    before, after = both(tmp_path, "hidden", HIDDEN)
    assert after == before
    caught = {name.partition(" ")[0] for name, each in before.items() if "127.0.0.1:1/" in name and each != "raises"}
    assert "KeyError" in before.values()
    assert {name.partition(" ")[0] for name in before} - caught == {"by_name", "checked", "handed_on_with", "price"}


@pytest.mark.parametrize("way", NAMED)
def test_what_names_an_exception_in_another_way_holds_back(way: str, tmp_path: Path) -> None:
    write(
        tmp_path,
        {"requirements.txt": "httpx\nrequests\n", "partner.py": PARTNER, "late.py": f"import requests\n{way}\n"},
    )
    result = run(tmp_path, settings=settings("httpx"), changing=True)
    assert result.faults == ()
    assert result.changes == ()
    reason = "late.py:" + NAMED[way] + " names Timeout in a way that is not understood, and may wait for it"
    assert [(each.level, each.reason) for each in result.findings] == [("manual", reason)]


@pytest.mark.parametrize("way", SPOKEN)
def test_what_only_speaks_of_an_exception(way: str, tmp_path: Path) -> None:
    write(
        tmp_path,
        {"requirements.txt": "httpx\nrequests\n", "partner.py": PARTNER, "late.py": f"import requests\n{way}\n"},
    )
    result = run(tmp_path, settings=settings("httpx", unsafe=False), changing=True)
    assert [(each.codemod, each.level) for each in result.findings] == [("http", "safe")], result.findings
    assert [each.path for each in result.changes] == ["partner.py"]
