"""Who waits for requests' exceptions: the functions of the fixture `raising` give the same before and after."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.mods.server import serving
from tests.test_fixtures import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

CASE = FIXTURES / "http" / "raising"
ASKS = """
import asyncio, json, os
from app import partner, retries, routes

fine, bad = os.environ["URL"] + "/status/200", os.environ["URL"] + "/status/500"
nowhere, broken = "http://127.0.0.1:1/", os.environ["URL"] + "/broken"


def outcome(function, url):
    try:
        return asyncio.run(function(url))
    except Exception:
        # Each library has classes of its own.
        return "raises"


of_partner = ("both", "beside_a_thread", "raises", "suppresses", "asks_what_it_is", "of_the_answer", "stock")
functions = [getattr(partner, name) for name in of_partner] + [routes.read_price, routes.read_stock]
found = {f"{each.__name__} {url}": outcome(each, url) for each in functions for url in (fine, bad, nowhere, broken)}
for each in (retries.again, retries.again_for_one):
    outcome(each, nowhere)
    found[each.__name__] = each.statistics["attempt_number"]
print(json.dumps(found))
"""


def given(folder: Path, url: str, *parts: str) -> dict[str, object]:
    for part in parts:
        shutil.copytree(CASE / part, folder, dirs_exist_ok=True)
    environment = {**os.environ, "URL": url, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", ASKS]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_same_is_caught(tmp_path: Path) -> None:
    for library in ("backoff", "fastapi", "httpx", "tenacity"):
        pytest.importorskip(library)
    with serving() as (url, _):
        before = given(tmp_path / "before", url, "before")
        after = given(tmp_path / "after", url, "before", "unsafe")
    assert before["again"] == 3
    assert before["again_for_one"] == 1
    assert after == before
