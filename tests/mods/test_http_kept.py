"""Sessions that a module keeps: what the rewritten service asks, in one event loop after the other, and what stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.mods.server import Handler, serving
from tests.mods.test_http import LIBRARIES, settings
from tests.support import run, write

if TYPE_CHECKING:
    from codemods.model import Result

STAYS: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "http_kept.toml").read_text("utf-8"))
PARTNER = """
    import os

    import requests

    session = requests.Session()
    session.headers.update({"X-Partner": "shop"})
    session.headers["X-Key"] = "k"
    session.auth = ("u", "p")
    session.params = {"k": "v"}
    session.max_redirects = 5


    async def ask(path: str) -> dict:
        return session.get(os.environ["URL"] + path, timeout=10).json()
"""
APP = """
    from fastapi import FastAPI

    from app import partner

    app = FastAPI()


    @app.get("/{path}")
    async def read(path: str) -> dict:
        return await partner.ask(f"/{path}")
"""
# The same, where the session is taken from another file.
KEEPS, ASKING = PARTNER.split("    async def ask", 1)
TAKES = f"""
    import os

    from app.clients import session


    async def ask{ASKING}"""
WAYS = {
    "of its own": {"app/partner.py": PARTNER},
    "of another file": {"app/clients.py": KEEPS, "app/partner.py": TAKES},
}
# Each asks in other event loops: of a test client without and with a lifespan, and of its own.
ASKS = """
    import asyncio
    import json

    from fastapi.testclient import TestClient

    from app import main, partner


    def each(client):
        return [client.get(path).json() for path in ("/cookie", "/echo", "/echo")]


    bare = TestClient(main.app)
    found = [each(bare)]
    for _ in range(2):
        with TestClient(main.app) as client:
            found.append(each(client))
    found.append([asyncio.run(partner.ask("/echo")) for _ in range(2)])
    found.append(each(bare))
    print(json.dumps(found))
"""


def rewritten(folder: Path, files: dict[str, str], library: str = "httpx") -> Result:
    write(folder, {"requirements.txt": f"fastapi\n{library}\nrequests\n", **files})
    return run(folder, settings=settings(library), changing=True)


def asked(folder: Path, url: str) -> list[list[dict[str, Any]]]:
    """What the service gives, and so what the partner got."""
    environment = {**os.environ, "URL": url, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-W", "error::ResourceWarning", "asks.py"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ResourceWarning" not in done.stderr
    found: list[list[dict[str, Any]]] = json.loads(done.stdout)
    return found


def cookies(found: list[list[dict[str, Any]]]) -> list[str]:
    """The cookies that were sent, which are taken out."""
    return [each["headers"].pop("cookie", "") for part in found for each in part]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_the_service_asks_the_same(library: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi")
    connections: list[Handler] = []
    set_up = Handler.setup

    def counted(handler: Handler) -> None:
        connections.append(handler)
        set_up(handler)

    monkeypatch.setattr(Handler, "setup", counted)
    result = rewritten(tmp_path, {**WAYS[way], "app/main.py": APP, "asks.py": ASKS}, library)
    assert result.faults == ()
    assert [(each.codemod, each.level) for each in result.findings] == [("http", "unsafe")]
    with serving() as (url, _):
        before = asked(tmp_path, url)
        connections.clear()
        write(tmp_path, {change.path: change.after for change in result.changes})
        after = asked(tmp_path, url)
    # The session's cookie goes along from the second call on, whoever asks; the client's never does.
    assert set(cookies(before)[1:]) == {"seen=1"}
    assert set(cookies(after)) == {""}
    assert after == before
    # One for each of the two lifespans, and one for each call outside of them.
    assert len(connections) == 2 + 3 + 2 + 3


@pytest.mark.parametrize("case", STAYS)
def test_what_stays_a_session(case: str, tmp_path: Path) -> None:
    partner = f"{PARTNER}\n\n    from app.main import app  # noqa: E402\n" if case == "a circle" else PARTNER
    write(tmp_path, {"app/partner.py": partner, "app/around.py": "import app.partner as used\n"})
    (tmp_path / "app/main.py").write_text(STAYS[case]["main"], "utf-8")
    result = run(tmp_path, settings=settings("httpx"), changing=True)
    assert result.changes == ()
    assert result.faults == ()
    assert [(each.level, STAYS[case]["reason"] in each.reason) for each in result.findings] == [("manual", True)], (
        result.findings
    )


def test_the_application_must_be_among_the_paths(tmp_path: Path) -> None:
    write(tmp_path, {"app/partner.py": PARTNER, "app/main.py": APP, "pyproject.toml": "[project]\nname='a'\n"})
    result = run(tmp_path, "app/partner.py", settings=settings("httpx"), changing=True)
    assert result.changes == ()
    assert ["is not among the paths given" in each.reason for each in result.findings] == [True]


@pytest.mark.parametrize("path", ["app/partner.py", "app/clients.py"])
def test_all_files_that_use_it_must_be_among_the_paths(path: str, tmp_path: Path) -> None:
    write(tmp_path, {**WAYS["of another file"], "app/main.py": APP, "pyproject.toml": "[project]\nname='a'\n"})
    result = run(tmp_path, path, "app/main.py", settings=settings("httpx"), changing=True)
    assert result.changes == ()
    reasons = [each.reason for each in result.findings]
    assert ["is not among the paths given" in each for each in reasons] == [True] * (path == "app/partner.py")
