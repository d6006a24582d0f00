"""Copies of the shop: as found, as offloop migrates it, and as people write it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from codemods import mods
from codemods.config import Settings
from codemods.engine import Request, rewrite

HERE = Path(__file__).parent
SHOP = HERE.parents[1] / "examples" / "shop"
ALL = frozenset(mods.names())
UNSAFE = Settings(unsafe=ALL)
ASYNC = replace(UNSAFE, prefer="async")
SESSIONS = Settings(codemods=("sqlalchemy-async",), unsafe=ALL)
ENGINE = 'create_engine(settings.database_url, connect_args={"check_same_thread": False}'
POOL = ", pool_size=40, max_overflow=-1"


@dataclass(frozen=True)
class Variant:
    """One way to a shop: runs of offloop, one after the other, and files laid over it."""

    about: str
    runs: tuple[Settings, ...] = ()
    over: str = ""
    # What offloop's note about the connection pool asks for, done by hand.
    pool: bool = False


VARIANTS = {
    "before": Variant("as found"),
    "before, pool": Variant("as found, with the larger connection pool", pool=True),
    "safe": Variant("offloop apply, and the pool as its note asks", (Settings(),), pool=True),
    "unsafe": Variant("offloop apply --unsafe, and the pool as its note asks", (UNSAFE,), pool=True),
    "unsafe, small pool": Variant("offloop apply --unsafe, its note not heeded", (UNSAFE,)),
    "async": Variant("offloop apply --unsafe --prefer async, and the pool", (ASYNC,), pool=True),
    "sessions": Variant("offloop apply --unsafe --codemod sqlalchemy-async, then --prefer async", (SESSIONS, ASYNC)),
    "expert": Variant("written by hand", over="expert", pool=True),
    "naive": Variant("to_thread around every call, an httpx client a call", over="naive", pool=True),
}


def make(name: str, folder: Path, *, postgres: bool = False) -> None:
    """Write one copy, with its tests."""
    variant = VARIANTS[name]
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.db", "media"))
    if variant.over:
        shutil.copytree(HERE / variant.over, folder / "shop", dirs_exist_ok=True)
    database = folder / "shop" / "db.py"
    engine = "create_engine(settings.database_url" if postgres else ENGINE
    text = database.read_text("utf-8")
    assert ENGINE in text
    database.write_text(text.replace(ENGINE, engine + (POOL if variant.pool else "")), "utf-8")
    for settings in variant.runs:
        result = rewrite(Request((str(folder),), settings, jobs=1, cache=False))
        assert not result.faults, result.faults
        for change in result.changes:
            change.file.write_bytes(change.after)
