"""The shop on a database of its own, beside a supplier that really listens."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine

import shop.db
import shop.main
from shop.config import settings


class Partner(BaseHTTPRequestHandler):
    """The supplier and the payment provider."""

    busy: dict[str, int] = {}
    stock: dict[str, int] = {}
    pending: dict[str, int] = {}
    requests: list[tuple[str, str, object]] = []

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.requests.append(("GET", self.path, None))
        _, what, key = self.path.split("/")
        if what == "stock":
            if self.busy.get(key, 0) > 0:
                self.busy[key] -= 1
                self.answer(503, {})
            else:
                self.answer(200, {"available": self.stock.get(key, 0)})
        else:
            self.pending[key] -= 1
            self.answer(200, {"state": "open" if self.pending[key] > 0 else "confirmed"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append(("POST", self.path, body))
        if self.path == "/charges":
            declined = body["amount"] > 100_000 or self.headers["X-Api-Key"] != "test"
            self.answer(402 if declined else 200, {"id": f"charge-{body['order']}"})
        else:
            self.pending["7"] = 3
            self.answer(200, {"number": "7"})

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Partner)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.fixture
def partner(server: str, monkeypatch: pytest.MonkeyPatch) -> type[Partner]:
    monkeypatch.setattr(settings, "supplier_url", server)
    monkeypatch.setattr(settings, "payment_url", server)
    for record in (Partner.busy, Partner.stock, Partner.pending, Partner.requests):
        record.clear()
    return Partner


@pytest.fixture
def client(tmp_path: Path, partner: type[Partner], monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    engine = create_engine(f"sqlite:///{tmp_path}/shop.db", connect_args={"check_same_thread": False})
    monkeypatch.setattr(shop.main, "engine", engine)
    monkeypatch.setattr(settings, "media_folder", tmp_path / "media")
    monkeypatch.setattr(settings, "password_rounds", 10)
    shop.db.SessionLocal.configure(bind=engine)
    with TestClient(shop.main.app) as running:
        yield running


@pytest.fixture
def headers(client: TestClient) -> dict[str, str]:
    """A registered customer."""
    reply = client.post("/accounts", json={"email": "ann@example.com", "password": "correct horse"})
    assert reply.status_code == 201
    return {"X-Email": "ann@example.com", "X-Password": "correct horse"}


@pytest.fixture
def apple(client: TestClient) -> dict[str, object]:
    """Three apples in stock."""
    reply = client.post("/products", json={"sku": "apple", "name": "Apple", "price": 120, "stock": 3})
    assert reply.status_code == 201
    return reply.json()
