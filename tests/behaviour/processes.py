"""Each run in a process of its own, forked from one in which the large libraries are loaded already."""

from __future__ import annotations

import importlib
import os
import pickle
import select
import signal
import subprocess
import sys
import time
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.behaviour.observing import Seen

LONGEST = 20.0
_LOADED = ("fastapi", "httpx", "httpx2", "requests", "sqlalchemy.ext.asyncio", "tests.behaviour.observing")
_ROOT = Path(__file__).parents[2]
# What the cases ask their surroundings for.
_NAMES = {"OPENAI_API_KEY": "a", "DATABASE": "sqlite:///shop.db", "PARTNER_KEY": "a", "REDIS": "redis://127.0.0.1:1"}


@contextmanager
def observer() -> Iterator[Callable[[Path, str], Seen | None]]:
    """A function that runs a module of a folder; it gives nothing where the run has no end."""
    command = [sys.executable, "-B", "-m", "tests.behaviour.processes"]
    with subprocess.Popen(
        command, cwd=_ROOT, env={**os.environ, **_NAMES}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:

        def observed(folder: Path, module: str) -> Seen | None:
            assert server.stdin is not None
            assert server.stdout is not None
            pickle.dump((folder, module), server.stdin)
            server.stdin.flush()
            found: Seen | str | None = pickle.load(server.stdout)  # noqa: S301 (from ourselves)
            assert not isinstance(found, str), found
            return found

        yield observed


def serve() -> None:
    """Fork for each run that is asked for, and hand back what it showed."""
    for name in _LOADED:
        importlib.import_module(name)
    while True:
        try:
            folder, module = pickle.load(sys.stdin.buffer)  # noqa: S301 (from ourselves)
        except EOFError:
            return
        here, there = os.pipe()
        child = os.fork()
        if not child:
            os.close(here)
            _run(folder, module, there)
        os.close(there)
        found = _all_of(here)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(here)
        sys.stdout.buffer.write(found or pickle.dumps(None))
        sys.stdout.buffer.flush()


def _run(folder: Path, module: str, there: int) -> Any:
    from tests.behaviour.observing import observe  # noqa: PLC0415 (loaded already, and of no use to who asks)

    # What a module writes past Python's own streams has no place among the answers.
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    try:
        found: object = observe(folder, module)
    except BaseException:  # noqa: BLE001 (the harness itself went wrong, which must be seen)
        found = traceback.format_exc()
    with os.fdopen(there, "wb") as pipe:
        pickle.dump(found, pipe)
    os._exit(0)


def _all_of(pipe: int) -> bytes:
    deadline = time.monotonic() + LONGEST
    found = b""
    while select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(pipe, 1 << 16)
        if not part:
            return found
        found += part
    return b""


if __name__ == "__main__":
    serve()
