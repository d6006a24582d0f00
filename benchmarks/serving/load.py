"""Load over raw sockets that are kept open: it has to cost little beside what it measures."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

# How long nothing may be answered before a server counts as standing still, and the most that is waited for the rest.
PATIENCE = 2.5
LONGEST = 8.0
OK = 300


@dataclass
class Load:
    """One kind of request on several connections."""

    request: Callable[[], bytes]
    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    running: bool = True
    ended: float = 0
    waiting: set[Caller] = field(default_factory=set)

    def answered(self, latency: float, status: int) -> None:
        """Count one answer."""
        self.ended = time.monotonic()
        if status < OK:
            self.latencies.append(latency)
        else:
            self.failures += 1


class Caller(asyncio.Protocol):
    """One connection: the next request goes out when the answer is in."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.got = b""
        self.sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self) -> None:
        """Send one request."""
        self.load.waiting.add(self)
        self.sent = time.monotonic()
        self.transport.write(self.load.request())

    def data_received(self, data: bytes) -> None:
        """Wait for the whole answer, and ask again."""
        self.got += data
        answer = split(self.got)
        if answer is None:
            return
        self.got = b""
        self.load.waiting.discard(self)
        self.load.answered(time.monotonic() - self.sent, answer[0])
        if self.load.running:
            self.ask()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 (the protocol's form)
        """A connection that ends with a question open has failed."""
        if self in self.load.waiting:
            self.load.waiting.discard(self)
            self.load.failures += 1


def split(got: bytes) -> tuple[int, dict[str, str], bytes] | None:
    """Status, headers and body of an answer, once it is whole."""
    head, found, body = got.partition(b"\r\n\r\n")
    if not found:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if len(body) < int(headers["content-length"]):
        return None
    return int(first.split(" ")[1]), headers, body


class Cell(NamedTuple):
    """What one endpoint did under one load."""

    rate: float
    p50: float
    p99: float
    neighbour: float
    failures: int
    unanswered: int
    answers: int
    beside: int


async def connect(port: int, load: Load, count: int) -> list[Caller]:
    """Open connections; nothing is asked yet."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(lambda: Caller(load), "127.0.0.1", port))[1] for _ in range(count)]


async def measure(
    port: int, request: Callable[[], bytes], neighbour: Callable[[], bytes], connections: int, seconds: float
) -> Cell:
    """Load one endpoint, and the neighbour beside it on two connections, until all is answered or nothing moves."""
    load, beside = Load(request), Load(neighbour)
    callers = await connect(port, load, connections) + await connect(port, beside, 2)
    begun = time.monotonic()
    load.ended = beside.ended = begun
    for caller in callers:
        caller.ask()
    await asyncio.sleep(seconds)
    load.running = False
    while load.waiting and (now := time.monotonic()) - begun < seconds + LONGEST:
        if now - max(load.ended, begun + seconds) > PATIENCE:
            break
        await asyncio.sleep(0.005)
    beside.running = False
    now = time.monotonic()
    took = (now if load.waiting else max(load.ended, begun + seconds)) - begun
    asked = sorted([*load.latencies, *(now - caller.sent for caller in load.waiting)])
    cell = Cell(
        len(load.latencies) / took,
        asked[len(asked) // 2] if asked else took,
        asked[min(len(asked) - 1, int(len(asked) * 0.99))] if asked else took,
        len(beside.latencies) / (now - begun),
        load.failures,
        len(load.waiting),
        len(load.latencies),
        len(beside.latencies),
    )
    load.waiting.clear()
    beside.waiting.clear()
    for caller in callers:
        caller.transport.abort()
    return cell


async def ask(port: int, request: bytes, patience: float) -> tuple[int, dict[str, str], bytes]:
    """One question, one answer; TimeoutError where there is none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = b""
    try:
        writer.write(request)
        async with asyncio.timeout(patience):
            while (answer := split(got)) is None:
                more = await reader.read(65536)
                if not more:
                    raise ConnectionError(got.decode("latin-1"))
                got += more
    finally:
        writer.close()
    return answer
