"""Repositories to run over."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codemods.repositories import Order, Plan, bulk, read
from tests.support import commit, write

if TYPE_CHECKING:
    from codemods.model import Outcome

SLEEPY = """
    import time


    async def main() -> None:
        time.sleep(1)
"""
FIXED = "import asyncio\n\n\nasync def main() -> None:\n    await asyncio.sleep(1)\n"
SLOW = """
    import time

    import requests


    async def main(seconds: int) -> str:
        time.sleep(1)
        time.sleep(seconds)
        return requests.get("http://example.org", timeout=5).text
"""
CLEAN = "import asyncio\n\n\nasync def main() -> None:\n    await asyncio.sleep(1)\n"


def repository(folder: Path, files: dict[str, str | bytes]) -> Path:
    """A repository with one commit."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, files)
    commit(folder)
    return folder


def run(*arguments: str, out: str = "out", plan: Plan | None = None, **more: Any) -> dict[str, Outcome]:  # noqa: ANN401
    """What becomes of each repository, by its name."""
    order = Order(read(arguments, ("sleep", "offload", "http")), Path(out), plan or Plan(), **more)
    return {outcome.name: outcome for outcome in bulk(order)}


def results(out: Path) -> dict[str, Any]:
    """All that a run has left in its folder, without what depends on the moment."""
    rows = json.loads((out / "summary.json").read_text())["repositories"]
    kept = {"seconds", "head"}
    found: dict[str, Any] = {row["name"]: {key: row[key] for key in row if key not in kept} for row in rows}
    for file in out.glob("repos/*/*"):
        if file.name in {"changes.patch", "report.json"}:
            found[f"{file.parent.name}/{file.name}"] = file.read_bytes()
    return found


def plain(outcome: Outcome) -> dict[str, Any]:
    """An outcome without what depends on the moment."""
    return {key: value for key, value in asdict(outcome).items() if key not in {"seconds", "head", "commit"}}
