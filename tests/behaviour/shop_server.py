"""A shop under uvicorn, with a ticker on its loop; at its end it says what it saw, as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from tests.behaviour.surroundings import Stall, complaints, watch

if TYPE_CHECKING:
    import socket

_TICK = 0.001
_NOTICEABLE = 0.01


class Talkative(uvicorn.Server):
    """It says where it can be reached."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)  # noqa: T201 (what started it reads it)


async def tick(late: list[float]) -> None:
    """Note by how much the loop is late."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(_TICK)
        late.append(time.perf_counter() - before - _TICK)


async def serve(folder: Path) -> None:
    """Serve until a signal comes."""
    stalls: set[Stall] = set()
    said: list[str] = []
    late: list[float] = []
    complaints(said)
    app = importlib.import_module("shop.main").app
    importlib.import_module("shop.config").settings.password_rounds = 100
    server = Talkative(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    watch(folder, stalls)
    ticking = asyncio.create_task(tick(late))
    await server.serve()
    ticking.cancel()
    lost = sum(each for each in late if each > _NOTICEABLE)
    found = {"stalls": sorted(stalls), "said": said, "lost": lost, "worst": max(late)}
    print(json.dumps(found))  # noqa: T201 (the same)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    # uvicorn passes the signal on when it has stopped.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Path(sys.argv[1])))
