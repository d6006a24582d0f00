"""Exception handlers of the application: the service of the fixture `registered` answers the same before and after."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.mods.server import serving
from tests.mods.test_http import settings
from tests.support import run, write
from tests.test_fixtures import FIXTURES

CASE = FIXTURES / "http" / "registered"
STAYS: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "http_registered.toml").read_text("utf-8"))
ASKS = """
import json, os
from fastapi.testclient import TestClient
from app.main import app

server = os.environ["URL"]
urls = [server + path for path in ("/status/200", "/status/418", "/slow/0.8", "/broken", "/redirect/302/redirect/302/")]
urls += ["http://127.0.0.1:1/", "gopher://partner", "http://"]
client = TestClient(app, raise_server_exceptions=False)
found = {}
for way in ("/ask", "/ask/json", "/ask/here"):
    for number, url in enumerate(urls):
        reply = client.get(way, params={"url": url})
        found[f"{way} {number}"] = [reply.status_code, reply.text.replace(server, "")]
print(json.dumps(found))
"""
MAIN = """
    import requests
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse

    app = FastAPI()


    @app.get("/")
    async def read() -> dict[str, int]:
        return requests.get("http://partner/a", timeout=3).json()

"""
OF_THE_SYSTEM = """
    @app.exception_handler(OSError)
    async def wrong(request, error):
        return JSONResponse({})


    @app.exception_handler(Exception)
    async def any_other(request, error):
        return JSONResponse({})


    @app.exception_handler(404)
    async def not_there(request, error):
        return JSONResponse({})
"""


def given(folder: Path, url: str, *parts: str) -> dict[str, list[object]]:
    """What the service answers."""
    for part in parts:
        shutil.copytree(CASE / part, folder, dirs_exist_ok=True)
    environment = {**os.environ, "URL": url, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", ASKS]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[object]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_same_is_answered(tmp_path: Path) -> None:
    for library in ("fastapi", "httpx"):
        pytest.importorskip(library)
    with serving() as (url, _):
        before = given(tmp_path / "before", url, "before")
        after = given(tmp_path / "after", url, "before", "unsafe")
    assert {answer[0] for answer in before.values()} == {200, 502, 503, 504}
    assert after == before


@pytest.mark.parametrize("case", STAYS)
def test_handlers_that_cannot_follow(case: str, tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "fastapi\nhttpx\nrequests\n", "main.py": MAIN})
    (tmp_path / "main.py").write_text((tmp_path / "main.py").read_text("utf-8") + STAYS[case]["handler"], "utf-8")
    result = run(tmp_path, settings=settings("httpx"), changing=True)
    assert result.changes == ()
    assert result.faults == ()
    found = [(each.level, STAYS[case]["reason"] in each.reason) for each in result.findings]
    assert found == [("manual", True)], result.findings


def test_handlers_for_what_requests_exceptions_are(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "fastapi\nhttpx\nrequests\n", "main.py": MAIN + OF_THE_SYSTEM})
    result = run(tmp_path, settings=settings("httpx"), changing=True)
    assert result.faults == ()
    (change,) = (each for each in result.changes if each.path == "main.py")
    added = [line for line in change.after.decode().splitlines() if line.startswith("@app.exception_handler")]
    assert sorted(added) == sorted(
        [
            "@app.exception_handler(404)",
            "@app.exception_handler(Exception)",
            "@app.exception_handler(JSONDecodeError)",
            "@app.exception_handler(OSError)",
            "@app.exception_handler(httpx.HTTPError)",
            "@app.exception_handler(httpx.InvalidURL)",
        ]
    )


def test_handlers_must_be_among_the_paths(tmp_path: Path) -> None:
    shutil.copytree(CASE / "before", tmp_path, dirs_exist_ok=True)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'a'\n", "utf-8")
    result = run(tmp_path, "app/routes.py", settings=settings("httpx"), changing=True)
    assert result.changes == ()
    assert {"is not among the paths given" in each.reason for each in result.findings} == {True}
