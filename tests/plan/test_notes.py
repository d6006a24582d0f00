from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from codemods.config import Settings
from tests.support import run, write

if TYPE_CHECKING:
    from pathlib import Path

ROUTE = """
from fastapi import FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


@app.get("/")
async def read(db: Session):
    return db.execute("select 1").all()
"""


@pytest.mark.parametrize(
    ("engine", "lent"),
    [
        ("create_engine(URL)", "15"),
        ("create_engine(URL, pool_size=20)", "30"),
        ("create_engine(URL, pool_size=20, max_overflow=20)", ""),
        ("create_engine(URL, max_overflow=-1)", ""),
        ("create_engine(URL, pool_size=0)", ""),
        ("create_engine(URL, pool_size=SIZE)", ""),
        ("create_engine(URL, poolclass=NullPool)", ""),
        ("create_engine(URL, **options)", ""),
    ],
)
def test_small_pools(tmp_path: Path, engine: str, lent: str) -> None:
    (tmp_path / "db.py").write_text(f"from sqlalchemy import create_engine\n\nengine = {engine}\n", "utf-8")
    (tmp_path / "main.py").write_text(ROUTE, "utf-8")
    found = run(tmp_path, settings=Settings()).notes
    assert [(note.path, note.line, f" {lent} connections" in note.text) for note in found] == (
        [("db.py", 3, True)] if lent else []
    )


def test_nothing_to_say_where_nothing_moves(tmp_path: Path) -> None:
    (tmp_path / "db.py").write_text("from sqlalchemy import create_engine\n\nengine = create_engine(URL)\n", "utf-8")
    (tmp_path / "main.py").write_text(ROUTE.replace("async def", "def"), "utf-8")
    assert run(tmp_path, settings=Settings()).notes == ()


COMPUTING = """
import asyncio, hashlib
import threading
from fastapi import FastAPI

app = FastAPI()
turn = threading.Lock()


@app.get("/")
async def first(password: str) -> str:
    return hashlib.scrypt(password.encode(), salt=b"salt", n=1024, r=8, p=1).hex()


@app.get("/second")
async def second(password: str) -> str:
    return hashlib.scrypt(password.encode(), salt=b"salt", n=1024, r=8, p=1).hex()


@app.get("/turn")
async def takes_turns() -> int:
    with turn:
        return 1
"""


@pytest.mark.parametrize(
    ("changed", "notes"),
    [
        (("", ""), [(12, "computes"), (22, "lock")]),
        # asyncio's threads are about as many as the processors.
        (
            (
                "async def first(password: str) -> str:",
                "async def first(password: str) -> str:\n    await asyncio.sleep(0)",
            ),
            [(18, "computes"), (23, "lock")],
        ),
        (("@app.get", "# @app.get"), []),
    ],
)
def test_threads_that_compute_or_wait(tmp_path: Path, changed: tuple[str, str], notes: list[tuple[int, str]]) -> None:
    (tmp_path / "main.py").write_text(COMPUTING.replace(*changed), "utf-8")
    found = run(tmp_path, settings=Settings(unsafe=frozenset({"to-def"}))).notes
    assert [(note.line, word) for note in found for word in ("computes", "lock") if f" {word} " in note.text] == notes


@pytest.mark.parametrize(
    ("library", "said"), [("respx", "respx.get(url)"), ("pytest-httpx", "httpx_mock"), ("nothing", "")]
)
def test_how_mocks_are_ported(tmp_path: Path, library: str, said: str) -> None:
    files = {
        "main.py": "import requests\n\n\nasync def read():\n    return requests.get('http://a').status_code\n",
        "tests/test_main.py": "import responses\n",
        "requirements.txt": "requests\nhttpx\n",
        "requirements-dev.txt": f"responses\n{library}\n",
    }
    write(tmp_path, files)
    settings = Settings(codemods=("http",), unsafe=frozenset({"http"}))
    notes = run(tmp_path, settings=settings, changing=True).notes
    assert [note.path for note in notes] == (["tests/test_main.py"] if said else [])
    assert all(said in note.text for note in notes)
