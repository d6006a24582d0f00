"""How fast the code is that the codemod `http` writes, beside requests in threads and what an expert writes by hand.

    python benchmarks/http_clients.py [--connections 64] [--seconds 4] [--rounds 3] [--delay 0.05]

One route asks a slow upstream on loopback. It is found with a call of `requests.get`, and with a `requests.Session`
that its module keeps; both go through the codemods. Each form is served by uvicorn in a process of its own, and all are
loaded in turn, round after round, so that what else the machine does meets all of them. Printed are requests a second
(the median of the rounds), and for what `http` wrote the median of its ratios to its best form by hand, round by round.

There are two such forms, because there are two promises to keep. Calls of `requests.get` share neither connections nor
cookies, and what takes their place may not either: a client a call, with one context for certificates. A session shares
connections, and so does the client of the application's lifespan that takes its place.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from codemods.config import Settings
from codemods.engine import Request, rewrite

CALLS = """
import requests
from fastapi import FastAPI

app = FastAPI()
UPSTREAM = "{upstream}"


@app.get("/")
async def read() -> dict[str, int]:
    reply = requests.get(f"{{UPSTREAM}}/a", timeout=30)
    return {{"status": reply.status_code}}
"""
SESSION = """
import requests
from fastapi import FastAPI

app = FastAPI()
UPSTREAM = "{upstream}"
session = requests.Session()


@app.get("/")
async def read() -> dict[str, int]:
    reply = session.get(f"{{UPSTREAM}}/a", timeout=30)
    return {{"status": reply.status_code}}
"""
ONE_CLIENT = """
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI, Request

UPSTREAM = "{upstream}"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx2.AsyncClient(timeout=30, limits=httpx2.Limits(max_connections=None)) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def read(request: Request) -> dict[str, int]:
    reply = await request.app.state.client.get(f"{{UPSTREAM}}/a")
    return {{"status": reply.status_code}}
"""
CLIENT_A_CALL = """
import httpx2
from fastapi import FastAPI

app = FastAPI()
UPSTREAM = "{upstream}"
CONTEXT = httpx2.create_ssl_context()


@app.get("/")
async def read() -> dict[str, int]:
    async with httpx2.AsyncClient(verify=CONTEXT, timeout=30) as client:
        reply = await client.get(f"{{UPSTREAM}}/a")
    return {{"status": reply.status_code}}
"""
# What `http` writes, and its best form by hand.
BEST = {"calls, http": "by hand, a client a call", "session, http": "by hand, one client"}
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def free_port() -> int:
    """A port that nothing listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def migrated(folder: Path, source: str, codemod: str) -> str:
    """The route after one codemod."""
    folder.mkdir()
    (folder / "app.py").write_text(source, "utf-8")
    settings = Settings(codemods=(codemod,), unsafe=frozenset({codemod}), http_client="httpx2")
    result = rewrite(Request((str(folder),), settings, jobs=1, cache=False))
    return result.changes[0].after.decode()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """One connection of the upstream."""
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            await asyncio.sleep(delay)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def be_upstream(port: int, delay: float) -> None:
    """The slow service that is asked."""
    server = await asyncio.start_server(lambda r, w: answer(r, w, delay), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


async def one_connection(port: int, until: float) -> int:
    """How many requests one connection gets through."""
    done = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        writer.write(HEAD)
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        await reader.readexactly(size)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        done += 1
    writer.close()
    return done


async def load(port: int, connections: int, seconds: float) -> float:
    """Requests a second."""
    until = time.perf_counter() + seconds
    counts = await asyncio.gather(*(one_connection(port, until) for _ in range(connections)))
    return sum(counts) / seconds


async def measure(options: argparse.Namespace) -> dict[str, list[float]]:
    """Every form, round after round."""
    port = free_port()
    command = [sys.executable, __file__, "--upstream", str(port), "--delay", str(options.delay)]
    upstream = subprocess.Popen(command)  # noqa: ASYNC220 (nothing else runs yet)
    calls, session, client_a_call, one_client = (
        text.format(upstream=f"http://127.0.0.1:{port}").lstrip()
        for text in (CALLS, SESSION, CLIENT_A_CALL, ONE_CLIENT)
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        forms = {
            "as found": calls,
            "calls, offload": migrated(folder / "a", calls, "offload"),
            "calls, http": migrated(folder / "b", calls, "http"),
            "by hand, a client a call": client_a_call,
            "session, http": migrated(folder / "c", session, "http"),
            "by hand, one client": one_client,
        }
        servers = [(form, *serve(folder / f"s{n}", source)) for n, (form, source) in enumerate(forms.items())]
        results: dict[str, list[float]] = {form: [] for form in forms}
        try:
            for _, port, _ in servers:
                await ready(port)
                await load(port, 4, 0.5)
            for _ in range(options.rounds):
                for form, port, _ in servers:
                    results[form].append(await load(port, options.connections, options.seconds))
        finally:
            for process in (upstream, *(server for _, _, server in servers)):
                process.terminate()
    return results


def serve(folder: Path, source: str) -> tuple[int, subprocess.Popen[bytes]]:
    """A route behind uvicorn."""
    folder.mkdir()
    (folder / "served.py").write_text(source, "utf-8")
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "served:app", "--port", str(port), "--log-level", "error"]
    return port, subprocess.Popen(command, cwd=folder)


async def ready(port: int) -> None:
    """Wait until something listens."""
    for _ in range(400):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--delay", type=float, default=0.05)
    parser.add_argument("--upstream", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.upstream:
        asyncio.run(be_upstream(options.upstream, options.delay))
        return
    results = asyncio.run(measure(options))
    for form, rates in results.items():
        best = results[BEST.get(form, form)]
        ratio = statistics.median(rate / other for rate, other in zip(rates, best, strict=True))
        beside = f"{ratio:6.2f} of {BEST[form]}" if form in BEST else ""
        print(f"{form:26} {statistics.median(rates):6.0f} requests/s {beside}".rstrip())


if __name__ == "__main__":
    main()
