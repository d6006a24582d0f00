"""examples/shop, migrated by offloop itself in every way: its own tests pass, and a second run changes nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codemods import mods
from codemods.config import Settings
from tests.support import run

SHOP = Path(__file__).parent.parent / "examples" / "shop"
ALL = frozenset(mods.names())
WAYS = {
    "safe": Settings(),
    "unsafe": Settings(unsafe=ALL),
    "safe, async first": Settings(prefer="async"),
    "unsafe, async first": Settings(prefer="async", unsafe=ALL),
    "asynchronous sessions": Settings(codemods=("sqlalchemy-async",), unsafe=frozenset({"sqlalchemy-async"})),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_shop_after_it(way: str, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(SHOP, shop, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    result = run(shop, settings=WAYS[way], changing=True)
    assert result.faults == ()
    for change in result.changes:
        assert change.after != change.before
        (shop / change.path).write_bytes(change.after)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=shop,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "19 passed" in done.stdout, done.stdout[-3000:]
    assert run(shop, settings=WAYS[way], changing=True).changes == ()
    if way == "asynchronous sessions":
        assert not any(finding.kind == "database" for finding in result.left)
        assert '"aiosqlite>=0.20",\n    "fastapi' in (shop / "pyproject.toml").read_text("utf-8")
    if way == "unsafe, async first":
        assert "await client.get(" in (shop / "shop" / "clients" / "supplier.py").read_text("utf-8")
        assert '"httpx2>=2",\n    "pillow' in (shop / "pyproject.toml").read_text("utf-8")
        assert result.left == ()
