from conftest import Partner
from fastapi.testclient import TestClient


def test_stock(client: TestClient, partner: type[Partner]) -> None:
    partner.stock["apple"] = 10
    partner.busy["apple"] = 1
    reply = client.get("/partners/stock/apple")
    assert (reply.status_code, reply.json()) == (200, {"available": 10})
    assert partner.requests == [("GET", "/stock/apple", None)] * 2


def test_supplier_stays_busy(client: TestClient, partner: type[Partner]) -> None:
    partner.busy["apple"] = 100
    reply = client.get("/partners/stock/apple")
    assert (reply.status_code, reply.json()) == (502, {"detail": "no answer for apple"})
    assert len(partner.requests) == 4


def test_notices(client: TestClient) -> None:
    reply = client.post("/partners/courier/notices", json=["parcel-1", "parcel-2"])
    assert reply.json() == ["parcel-1 is on its way", "parcel-2 is on its way"]
    assert client.post("/partners/courier/notices", json=[]).json() == []
