from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from codemods.testing import check, findings
from tests.support import write

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
    from acme import Client

    async def show(client: Client):
        client.fetch("a")  #B
        client.peek("a")
    """
TAUGHT = {"acme.Client.fetch": "http"}


def test_nothing_to_find() -> None:
    check("async def f(): ...")
    assert findings("def f(): ...") == []


def test_an_entry_of_ones_own() -> None:
    check(CODE, blocking=TAUGHT)
    (found,) = findings(CODE, blocking=TAUGHT)
    assert (found.path, found.line, found.function, found.kind, found.callee) == (
        "main.py",
        4,
        "show",
        "http",
        "acme.Client.fetch",
    )


def test_what_is_missed_and_what_is_too_much() -> None:
    with pytest.raises(AssertionError, match=r"main.py:4: marked #B, but not found"):
        check(CODE)
    with pytest.raises(AssertionError, match=r"main.py:5: acme.Client.peek found, but not marked #B"):
        check(CODE, blocking={**TAUGHT, "acme.Client.peek": "http"})


def test_several_files() -> None:
    check(
        {
            "app/api.py": "from app.repo import read\nasync def f():\n    read()  #B",
            "app/repo.py": "import acme\ndef read():\n    acme.run()",
        },
        blocking={"acme.run": "cpu"},
    )


def test_settings(tmp_path: Path) -> None:
    table = '[tool.offloop]\nnot-blocking = ["time.sleep"]\n[tool.offloop.blocking]\n"acme.Client.fetch" = "http"\n'
    write(tmp_path, {"pyproject.toml": table})
    check(CODE, settings=tmp_path / "pyproject.toml")
    check("import time\nasync def f():\n    time.sleep(1)", settings=tmp_path / "pyproject.toml")
    check("import os\nasync def f():\n    os.stat('')", not_blocking=("os.*",))
