from fastapi.testclient import TestClient
from sqlalchemy import select

import shop.db
from shop.models import Account


def test_register(client: TestClient, headers: dict[str, str]) -> None:
    with shop.db.SessionLocal() as db:
        account = db.scalars(select(Account)).one()
    assert account.email == "ann@example.com"
    assert len(account.password) == 64
    again = client.post("/accounts", json={"email": "ann@example.com", "password": "another one"})
    assert (again.status_code, again.json()) == (409, {"detail": "this address is registered"})
    assert client.post("/accounts", json={"email": "b", "password": "short"}).status_code == 422


def test_log_in(client: TestClient, headers: dict[str, str]) -> None:
    wrong = client.post("/accounts/login", json={"email": "ann@example.com", "password": "wrong horse"})
    assert (wrong.status_code, wrong.json()) == (401, {"detail": "unknown account or wrong password"})
    assert client.post("/accounts/login", json={"email": "bob@b.c", "password": "correct horse"}).status_code == 401
    with shop.db.SessionLocal() as db:
        assert db.scalars(select(Account.last_login)).one() is None
    reply = client.post("/accounts/login", json={"email": "ann@example.com", "password": "correct horse"})
    assert (reply.status_code, reply.json()) == (200, {"id": 1})
    with shop.db.SessionLocal() as db:
        assert db.scalars(select(Account.last_login)).one() is not None


def test_me(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/accounts/me", headers=headers).json() == {"email": "ann@example.com", "orders": 0}
    wrong = client.get("/accounts/me", headers=headers | {"X-Password": "wrong horse"})
    assert wrong.status_code == 401
    assert client.get("/accounts/me").status_code == 422


def test_health(client: TestClient) -> None:
    assert client.get("/health").json() == {"ok": True}
