from conftest import Partner
from fastapi.testclient import TestClient
from sqlalchemy import select

import shop.db
from shop.config import settings
from shop.models import Order, Product

Headers = dict[str, str]


def place(client: TestClient, headers: Headers, quantity: int, sku: str = "apple") -> tuple[int, dict]:
    order = {"email": "ann@example.com", "lines": [{"sku": sku, "quantity": quantity}]}
    reply = client.post("/orders", json=order, headers=headers)
    return reply.status_code, reply.json()


def stock() -> int:
    with shop.db.SessionLocal() as db:
        return db.scalars(select(Product.stock)).one()


def test_from_stock(client: TestClient, headers: Headers, apple: dict, partner: type[Partner]) -> None:
    assert place(client, headers, 2) == (201, {"id": 1, "status": "new", "total": 240})
    assert stock() == 1
    assert partner.requests == []
    assert client.get("/orders", headers=headers).json() == [{"id": 1, "status": "new", "total": 240}]
    assert client.get("/accounts/me", headers=headers).json()["orders"] == 1
    assert (settings.media_folder / "orders.log").read_text().endswith(" 1\n")


def test_restocks_from_a_busy_supplier(
    client: TestClient, headers: Headers, apple: dict, partner: type[Partner]
) -> None:
    partner.stock["apple"] = 10
    partner.busy["apple"] = 2
    assert place(client, headers, 5)[0] == 201
    assert stock() == 3
    assert [(method, path) for method, path, _ in partner.requests] == [
        *[("GET", "/stock/apple")] * 3,
        ("POST", "/orders"),
        *[("GET", "/orders/7")] * 3,
    ]


def test_out_of_stock(client: TestClient, headers: Headers, apple: dict, partner: type[Partner]) -> None:
    assert place(client, headers, 5) == (409, {"detail": "apple is out of stock"})
    assert place(client, headers, 1, "pear") == (409, {"detail": "pear is out of stock"})
    partner.busy["apple"] = 100
    assert place(client, headers, 5) == (502, {"detail": "no answer for apple"})
    with shop.db.SessionLocal() as db:
        assert db.scalars(select(Order)).all() == []


def test_pay_and_ship(client: TestClient, headers: Headers, apple: dict, partner: type[Partner]) -> None:
    place(client, headers, 2)
    assert client.get("/orders/1/invoice", headers=headers).status_code == 404
    assert client.post("/orders/1/payment", headers=headers).json() == {"charge": "charge-1"}
    assert partner.requests == [("POST", "/charges", {"order": 1, "amount": 240})]
    invoice = client.get("/orders/1/invoice", headers=headers).json()
    assert invoice == {"invoice": "2 x Apple: 240\ntotal: 240\n"}
    assert client.post("/orders/shipments", headers=headers).json() == ["parcel-1 is on its way"]
    assert client.get("/orders", headers=headers).json()[0]["status"] == "shipped"
    assert client.post("/orders/9/payment", headers=headers).status_code == 404


def test_declined(client: TestClient, headers: Headers, partner: type[Partner]) -> None:
    client.post("/products", json={"sku": "yacht", "name": "Yacht", "price": 1_000_000, "stock": 1})
    place(client, headers, 1, "yacht")
    reply = client.post("/orders/1/payment", headers=headers)
    assert reply.status_code == 402
    assert reply.json()["detail"].startswith("declined after ")
    assert client.get("/orders", headers=headers).json()[0]["status"] == "new"
