"""examples/shop under 64 customers at once, over real sockets, before and after: all adds up, and the loop is free."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.behaviour.test_fixtures import unreported
from tests.support import run
from tests.test_examples import SHOP, WAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.config import Settings

ROOT = Path(__file__).parents[2]
CUSTOMERS = 64
PLENTY = 10_000
_SLOW = 0.01


class Partner(BaseHTTPRequestHandler):
    """A supplier and a payment provider who take their time."""

    protocol_version = "HTTP/1.1"
    charged: Counter[int]

    def answer(self, body: object) -> None:
        time.sleep(_SLOW)
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.answer({"available": PLENTY, "state": "confirmed"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/charges":
            self.charged[body["order"]] += 1
        self.answer({"id": f"charge-{body.get('order')}", "number": "7"})

    def log_message(self, *_: object) -> None: ...


class Listening(ThreadingHTTPServer):
    request_queue_size = 2 * CUSTOMERS
    daemon_threads = True


@contextlib.contextmanager
def partner() -> Iterator[tuple[str, Counter[int]]]:
    charged: Counter[int] = Counter()
    server = Listening(("127.0.0.1", 0), type("Counting", (Partner,), {"charged": charged}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", charged
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def customer(url: str, number: int) -> list[tuple[str, int]]:
    """One customer's visit; every answer is noted."""
    came: list[tuple[str, int]] = []
    own = {"email": f"{number}@example.com", "password": f"correct horse {number}"}
    headers = {"X-Email": own["email"], "X-Password": own["password"]}
    async with httpx2.AsyncClient(base_url=url, timeout=100) as client:

        async def ask(method: str, path: str, expected: int = 200, **options: Any) -> Any:
            reply = await client.request(method, path, **options)
            came.append((f"{method} {path}: {reply.text[:300]}", reply.status_code - expected))
            return reply.json() if reply.status_code == expected else {}

        await ask("POST", "/accounts", 201, json=own)
        await ask("POST", "/accounts/login", json=own)
        await ask("POST", "/accounts/login", 401, json=own | {"password": "wrong horse"})
        await ask("POST", "/products", 201, json={"sku": f"own-{number}", "name": "Own", "price": number + 1})
        await ask("GET", "/products", params={"q": "Apple"})
        for sku in ("apple", f"own-{number}"):
            lines = [{"sku": sku, "quantity": 2}]
            order = await ask("POST", "/orders", 201, headers=headers, json={"email": own["email"], "lines": lines})
            await ask("POST", f"/orders/{order.get('id')}/payment", headers=headers)
            await ask("GET", f"/orders/{order.get('id')}/invoice", headers=headers)
        await ask("GET", "/health")
        await ask("GET", "/orders", headers=headers)
        await ask("POST", "/orders/shipments", headers=headers)
        await ask("GET", "/accounts/me", headers=headers)
    return came


async def rush(url: str) -> list[tuple[str, int]]:
    async with httpx2.AsyncClient(base_url=url) as client:
        apple = {"sku": "apple", "name": "Apple", "price": 120, "stock": PLENTY}
        assert (await client.post("/products", json=apple)).status_code == 201
    visits = await asyncio.gather(*(customer(url, number) for number in range(CUSTOMERS)))
    return [answer for visit in visits for answer in visit]


def visited(shop: Path) -> tuple[dict[str, Any], list[tuple[str, int]], Counter[int], str]:
    """What the server says about its loop, what the customers got, what was charged, and the log."""
    with partner() as (address, charged):
        surroundings = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SHOP_DATABASE": f"sqlite:///{shop}/shop.db",
            "SHOP_SUPPLIER": address,
            "SHOP_PAYMENT": address,
            "SHOP_MEDIA": f"{shop}/media",
        }
        command = [sys.executable, "-m", "tests.behaviour.shop_server", str(shop)]
        with (
            (shop / "log.txt").open("w", encoding="utf-8") as log,
            subprocess.Popen(
                command, cwd=shop, env=surroundings, stdout=subprocess.PIPE, stderr=log, text=True
            ) as server,
        ):
            assert server.stdout is not None
            try:
                port = server.stdout.readline()
                assert port, (shop / "log.txt").read_text("utf-8")
                answers = asyncio.run(rush(f"http://127.0.0.1:{int(port)}"))
            finally:
                server.send_signal(signal.SIGINT)
            seen = server.stdout.read()
    return json.loads(seen), answers, charged, (shop / "log.txt").read_text("utf-8")


# A pool as large as the crowd, as offloop's note about threads asks, and patience where only one may write.
_POOL = ('{"check_same_thread": False}', f'{{"check_same_thread": False, "timeout": 60}}, pool_size={CUSTOMERS}')


def migrated(folder: Path, settings: Settings | None) -> Path:
    shop = folder / "shop"
    shutil.copytree(SHOP, shop, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    config = shop / "shop" / "db.py"
    assert _POOL[0] in config.read_text("utf-8")
    config.write_text(config.read_text("utf-8").replace(*_POOL), "utf-8")
    if settings is not None:
        for change in run(shop, settings=settings, changing=True).changes:
            (shop / change.path).write_bytes(change.after)
    return shop


@pytest.mark.parametrize("way", ["before", "safe", "unsafe", "unsafe, async first", "asynchronous sessions"])
def test_64_customers_at_once(way: str, tmp_path: Path) -> None:
    shop = migrated(tmp_path, WAYS.get(way))
    seen, answers, charged, log = visited(shop)
    assert [answer for answer in answers if answer[1]] == []
    assert len(answers) == 15 * CUSTOMERS
    assert seen["said"] == []
    assert log == ""
    check_books(shop, charged, exact=way in {"before", "safe"})
    stalls = [(name, tuple((path, line) for path, line in lines)) for name, lines in seen["stalls"]]
    missed = {lines[0] for _, lines in unreported(shop, stalls)}
    # FastAPI reads a row's properties for the answer, and `Order.total` loads the order's lines.
    total = shop.joinpath("shop/models.py").read_text("utf-8").splitlines().index(TOTAL) + 1
    assert missed <= {("shop/models.py", total)}
    where = {path for _, lines in stalls for path, _ in lines}
    if way == "before":
        assert where >= {"shop/clients/payment.py", "shop/clients/supplier.py", "shop/repositories/base.py"}
        assert seen["worst"] > 5 * _SLOW
    elif way.startswith("unsafe"):
        # The tables are made before the first customer comes; whether a file is there takes too little time to move it.
        assert where <= {"shop/main.py", "shop/models.py", "shop/routes/orders.py"}


TOTAL = "        return sum(line.quantity * line.price for line in self.lines)"


def check_books(shop: Path, charged: Counter[int], *, exact: bool) -> None:
    """Each order is there once, paid once and sent; stock is what is left of it.

    `CheckoutService.place` reads the stock and writes it later, which is why changing it is unsafe: in between two
    customers may take the same piece.
    """
    with contextlib.closing(sqlite3.connect(shop / "shop.db")) as database:
        orders = dict(database.execute("select id, status from orders"))
        lines = database.execute("select order_id, sum(quantity) from order_lines group by order_id").fetchall()
        stock = dict(database.execute("select sku, stock from products"))
        accounts = database.execute("select count(distinct email), count(*) from accounts").fetchone()
    assert accounts == (CUSTOMERS, CUSTOMERS)
    assert len(orders) == 2 * CUSTOMERS
    assert set(orders.values()) == {"shipped"}
    assert charged == dict.fromkeys(orders, 1)
    assert sorted(lines) == [(order, 2) for order in sorted(orders)]
    apples = stock.pop("apple")
    assert set(stock.values()) == {0}
    assert PLENTY - 2 * CUSTOMERS <= apples < PLENTY
    assert not exact or apples == PLENTY - 2 * CUSTOMERS


def test_offloop_says_that_the_pool_is_small() -> None:
    notes = [note.text for note in run(SHOP, settings=WAYS["safe"], changing=True).notes]
    assert any("pool" in note for note in notes), notes
