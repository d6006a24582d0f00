"""Every row of the table of requests and httpx: both ask a real server, which must get the same and give the same."""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codemods import catalog
from codemods.config import Settings
from tests.mods.server import serving
from tests.support import run, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.mods.server import Request

HEAD = """\
import json
import httpx
import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

everyone = requests.Session()

"""
LIBRARIES = [name for name in ("httpx", "httpx2") if importlib.util.find_spec(name)]

ROWS = tomllib.loads((Path(__file__).parent / "http_rows.toml").read_text("utf-8"))
SAME: dict[str, dict[str, Any]] = ROWS["same"]
KEPT: dict[str, dict[str, str]] = ROWS["kept"]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[Request]]]:
    with serving() as found:
        yield found


def code_of(body: str, url: str = "") -> str:
    lines = "\n".join(f"    {line}" for line in body.replace("{URL}", url).splitlines())
    return f"{HEAD}def pick(value):\n    return value\n\n\nasync def call(url: str):\n{lines}\n"


def settings(library: str, *, unsafe: bool = True) -> Settings:
    return Settings(codemods=("http",), unsafe=frozenset({"http"} if unsafe else ()), http_client=library)


def outcome(code: str, url: str, came: list[Request]) -> tuple[Any, list[Request]]:
    """What the function gave, and what the server got."""
    came.clear()
    names: dict[str, Any] = {}
    exec(compile(code, "<code>", "exec"), names)  # noqa: S102 (it is what is tested)
    try:
        given: Any = asyncio.run(names["call"](url))
    except Exception as error:  # noqa: BLE001 (any exception is an outcome)
        given = type(error).__name__
    return given, [dict(request) for request in came]


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("row", SAME)
def test_the_same_is_asked_and_given(row: str, library: str, server: tuple[str, list[Request]], tmp_path: Path) -> None:
    url, came = server
    body, level = SAME[row]["body"], SAME[row]["level"]
    before = code_of(body, url)
    write(tmp_path, {"main.py": before, "requirements.txt": f"requests\n{library}\n"})
    result = run(tmp_path, settings=settings(library), changing=True)
    assert result.faults == ()
    assert {(finding.codemod, finding.level) for finding in result.findings} == {("http", level)}, result.findings
    after = next(change for change in result.changes if change.path == "main.py").after.decode()
    compile(ast.parse(after), "<after>", "exec")
    assert "requests.get(" not in after
    assert "httpx.get(" not in after
    for part in SAME[row].get("has", ()):
        assert part.replace("httpx", library) in after
    assert outcome(after, url, came) == outcome(before, url, came)
    write(tmp_path, {"main.py": after.encode()})
    assert run(tmp_path, settings=settings(library), changing=True).changes == ()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_proxy_of_the_surroundings_is_asked_by_both(
    library: str, server: tuple[str, list[Request]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, came = server
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", url)
    monkeypatch.setenv("http_proxy", url)
    before = code_of("return requests.get('http://shop.example/echo', timeout=5).status_code")
    write(tmp_path, {"main.py": before, "requirements.txt": f"requests\n{library}\n"})
    after = run(tmp_path, settings=settings(library), changing=True).changes[0].after.decode()
    found = outcome(before, url, came)
    assert [request["asked for"] for request in found[1]] == ["shop.example"]
    assert outcome(after, url, came) == found


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", sorted(catalog.http()["raised"]))
def test_what_is_raised_is_caught_by_the_same(
    name: str, library: str, server: tuple[str, list[Request]], tmp_path: Path
) -> None:
    """Under a handler for each class that has something like it in httpx, and for those above them."""
    url, came = server
    handlers = [f"requests.exceptions.{each}" for each, instead in catalog.http()["errors"].items() if instead]
    made = "requests.exceptions." + (f"{name}('a', response=r)" if name == "HTTPError" else f"{name}('a')")
    body = "r = requests.get(url)\nfound = []\n" + "".join(
        f"try:\n    if r.ok:\n        raise {made}\nexcept {each}:\n    found.append('{each}')\n"
        "except Exception as e:\n    found.append(str(e))\n"
        for each in (*handlers, "OSError", "IOError", "ValueError", "TypeError", "TimeoutError", "ConnectionError")
    )
    before = code_of(f"{body}return found", url)
    write(tmp_path, {"main.py": before, "requirements.txt": f"requests\n{library}\n"})
    result = run(tmp_path, settings=settings(library), changing=True)
    after = next(change for change in result.changes if change.path == "main.py").after.decode()
    assert "raise requests" not in after
    assert after.count(f"raise {library}.{catalog.http()['raised'][name]}(") == body.count("raise")
    given, _ = outcome(before, url, came)
    assert "requests.exceptions.RequestException" in given
    assert outcome(after, url, came)[0] == given


@pytest.mark.parametrize("row", KEPT)
def test_what_stays_with_requests(row: str, tmp_path: Path) -> None:
    body, reason = KEPT[row]["body"], KEPT[row]["reason"]
    write(tmp_path, {"main.py": code_of(body)})
    result = run(tmp_path, settings=settings("httpx"), changing=True)
    assert result.changes == ()
    assert result.faults == ()
    found = [finding.reason for finding in result.findings if finding.kind == "http"]
    assert found
    assert any(reason in each for each in found), found
    assert {finding.level for finding in result.findings if finding.kind == "http"} == {"manual"}


def test_a_safe_run_leaves_what_is_unsafe(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": code_of("return requests.get(url).text"), "requirements.txt": "httpx\nrequests\n"})
    assert run(tmp_path, settings=settings("auto", unsafe=False), changing=True).changes == ()


def test_a_call_that_takes_what_an_answer_says_is_none_of_its_own(tmp_path: Path) -> None:
    write(
        tmp_path, {"main.py": code_of("return open(requests.get(url).text)"), "requirements.txt": "httpx\nrequests\n"}
    )
    found = {finding.kind: finding.codemod for finding in run(tmp_path, settings=settings("httpx")).findings}
    assert found == {"file": None, "http": "http"}
