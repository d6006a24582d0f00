import io

from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select

import shop.db
from shop.config import settings
from shop.models import Product


def test_create_and_find(client: TestClient, apple: dict[str, object]) -> None:
    assert client.get("/products").json() == [apple]
    assert client.get("/products", params={"q": "App"}).json() == [apple]
    assert client.get("/products", params={"q": "pear"}).json() == []
    assert client.get(f"/products/{apple['id']}").json() == apple
    assert client.get("/products/99").status_code == 404


def test_numbers_are_unique(client: TestClient, apple: dict[str, object]) -> None:
    reply = client.post("/products", json={"sku": "apple", "name": "Other", "price": 1})
    assert (reply.status_code, reply.json()) == (409, {"detail": "apple is taken"})


def test_picture(client: TestClient, apple: dict[str, object]) -> None:
    content = io.BytesIO()
    Image.new("RGBA", (400, 200), "red").save(content, "PNG")
    reply = client.put(f"/products/{apple['id']}/picture", files={"file": ("apple.png", content.getvalue())})
    assert reply.json()["picture"] == "apple.jpg"
    with Image.open(settings.media_folder / "apple.jpg") as stored:
        assert (stored.format, stored.size) == ("JPEG", (64, 32))
    assert client.put("/products/99/picture", files={"file": ("a.png", b"")}).status_code == 404


def test_read_picture(client: TestClient, apple: dict[str, object]) -> None:
    assert client.get(f"/products/{apple['id']}/picture").status_code == 404
    content = io.BytesIO()
    Image.new("RGB", (10, 20), "green").save(content, "PNG")
    client.put(f"/products/{apple['id']}/picture", files={"file": ("apple.png", content.getvalue())})
    reply = client.get(f"/products/{apple['id']}/picture")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/jpeg")
    assert reply.content == (settings.media_folder / "apple.jpg").read_bytes()
    with Image.open(io.BytesIO(reply.content)) as picture:
        assert picture.size == (10, 20)


def test_import(client: TestClient, apple: dict[str, object]) -> None:
    content = "sku,name,price\npear,Pear,90\nplum,Plum,40\napple,Cheap apple,1\n"
    reply = client.post("/products/import", files={"file": ("products.csv", content)})
    assert (reply.status_code, reply.json()) == (201, {"added": 2})
    with shop.db.SessionLocal() as db:
        stored = db.execute(select(Product.sku, Product.price).order_by(Product.id)).all()
    assert [tuple(row) for row in stored] == [("apple", 120), ("pear", 90), ("plum", 40)]


def test_import_of_something_else(client: TestClient) -> None:
    for content in ("name\nPear\n", "sku,name,price\npear,Pear,cheap\n"):
        reply = client.post("/products/import", files={"file": ("products.csv", content)})
        assert reply.status_code == 422
        assert reply.json()["detail"].startswith("not a list of products: ")
    assert client.get("/products").json() == []


def test_export(client: TestClient, apple: dict[str, object]) -> None:
    client.post("/products", json={"sku": "pear", "name": "Pear, ripe", "price": 90})
    reply = client.get("/products/export")
    assert reply.headers["content-type"].startswith("text/csv")
    assert reply.text == 'sku,name,price\r\napple,Apple,120\r\npear,"Pear, ripe",90\r\n'
    written = list((settings.media_folder / "exports").iterdir())
    assert [file.read_bytes() for file in written] == [reply.content]
