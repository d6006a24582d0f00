"""All copies side by side: made, served, compared, loaded."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, MetaData, create_engine

from serving import variants
from serving.board import Board
from serving.endpoints import ENDPOINTS, NEIGHBOUR, Endpoint, beginning
from serving.load import ask, measure
from serving.report import Measured
from tests.mods.postgres import postgres as postgres_server

if TYPE_CHECKING:
    from contextlib import ExitStack

ROOT = Path(__file__).parents[1]
# How often a new process is asked whether it is there, and how long is waited in between.
START, PAUSE = 600, 0.05
# An answer after this is none: the connection pool itself waits for 30 seconds.
PATIENCE = 5.0
# What is compared of an answer, beside its status and its body.
HEADERS = ("content-type", "content-disposition")


def free_port() -> int:
    """A port that nothing listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Shop:
    """One copy and the process that serves it."""

    folder: Path
    board: Board
    database: str
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def used(self) -> float:
        """The processor time of the process so far, in seconds."""
        assert self.process
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Street:
    """All shops, their supplier, and a loop with nothing to do, which shows what the machine itself does to a loop."""

    def __init__(self, folder: Path, names: list[str], delay: float, stack: ExitStack, *, postgres: bool) -> None:
        self.folder = folder
        self.stack = stack
        # The processor time that one request of the neighbour takes.
        self.beside = 0.0
        self.upstream = free_port()
        self.start("serving.upstream", self.upstream, delay)
        self.idle = Board(folder / "idle.board")
        self.start("serving.served", folder / "idle.board")
        self.shops = {}
        for number, name in enumerate(names):
            home = folder / str(number)
            variants.make(name, home, postgres=postgres)
            url = stack.enter_context(postgres_server()) if postgres else f"sqlite:///{home}/shop.db"
            self.shops[name] = Shop(home, Board(home / "loop.board"), url)
        stack.callback(self.close)

    def start(self, *command: object) -> subprocess.Popen[bytes]:
        """Run one of our modules until the end."""
        process = launch(command, self.environment())
        self.stack.callback(stop, process)
        return process

    def environment(self, shop: Shop | None = None) -> dict[str, str]:
        """Where a shop finds what it needs."""
        partner = f"http://127.0.0.1:{self.upstream}"
        found = os.environ | {"SHOP_SUPPLIER": partner, "SHOP_PAYMENT": partner}
        return found | ({"SHOP_DATABASE": shop.database, "SHOP_MEDIA": "media"} if shop else {})

    async def open(self) -> None:
        """Serve all of them, and see what the neighbour costs where it is alone."""
        costs = []
        for shop in self.shops.values():
            await self.serve(shop)
            used = shop.used()
            cell = await measure(shop.port, NEIGHBOUR.request, NEIGHBOUR.request, 0, 1)
            costs.append((shop.used() - used) / cell.beside)
        # It is the same code in all of them.
        self.beside = statistics.median(costs)

    async def serve(self, shop: Shop) -> None:
        """Start one, again if need be, and wait until it answers."""
        if shop.process:
            stop(shop.process)
        shop.port = free_port()
        command = ("serving.served", shop.folder / "loop.board", shop.folder, shop.port)
        shop.process = launch(command, self.environment(shop))
        for _ in range(START):
            if await self.answers(shop):
                return
            await asyncio.sleep(PAUSE)
        raise TimeoutError(shop.folder)

    async def answers(self, shop: Shop) -> bool:
        """Does it say that it is well?"""
        try:
            return (await ask(shop.port, NEIGHBOUR.request(), 1))[0] == 200  # noqa: PLR2004
        except (OSError, TimeoutError):
            return False

    async def compare(self) -> None:
        """Tell all shops the same; the answers must be equal."""
        for endpoint in [*beginning(), *(each for each in ENDPOINTS)]:
            request = endpoint.request()
            answers = {}
            for name, shop in self.shops.items():
                status, headers, body = await ask(shop.port, request, PATIENCE)
                answers[name] = (status, [headers.get(header) for header in HEADERS], body)
            first = next(iter(answers.values()))
            different = {name: answer for name, answer in answers.items() if answer != first}
            assert not different, (endpoint.name, first, different)
        for shop in self.shops.values():
            self.tidy(shop)

    async def load(self, name: str, endpoint: Endpoint, connections: int, seconds: float) -> Measured:
        """One measurement; afterwards the shop is as it was."""
        shop = self.shops[name]
        used = shop.used()
        shop.board.start()
        self.idle.start()
        cell = await measure(shop.port, endpoint.request, NEIGHBOUR.request, connections, seconds)
        lag, idle = shop.board.stop(), self.idle.stop()
        share = cell.beside * self.beside
        work = shop.used() - used - share
        # Where the neighbour took more than the endpoint, what is left over says nothing.
        cpu = work / cell.answers if cell.answers and work > share else 0.0
        if cell.unanswered or not await self.answers(shop):
            await self.serve(shop)
        if endpoint.adds:
            self.tidy(shop)
        shutil.rmtree(shop.folder / "media" / "exports", ignore_errors=True)
        shutil.rmtree(shop.folder / "media" / "imports", ignore_errors=True)
        return Measured(*cell[:6], lag, idle, cpu)

    def tidy(self, shop: Shop) -> None:
        """Take out what came in since the beginning."""
        engine = create_engine(shop.database.replace("postgresql:", "postgresql+psycopg:"))
        tables = MetaData()
        tables.reflect(engine)
        keep(engine, tables)
        engine.dispose()

    def close(self) -> None:
        """Stop serving."""
        for shop in self.shops.values():
            if shop.process:
                stop(shop.process)


KEPT = {"order_lines": 3, "orders": 3, "products": 21, "accounts": 1}


def keep(engine: Engine, tables: MetaData) -> None:
    """Leave the rows that all shops began with."""
    with engine.begin() as connection:
        for name, last in KEPT.items():
            table = tables.tables[name]
            connection.execute(table.delete().where(table.c.id > last))


def launch(command: tuple[object, ...], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Run one of our modules in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", *map(str, command)], cwd=ROOT, env=environment)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process, whatever it is doing."""
    process.kill()
    process.wait()
