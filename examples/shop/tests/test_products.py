import asyncio
import io
from pathlib import Path

from fastapi.testclient import TestClient
from PIL import Image

import shop.db
from shop.config import settings
from shop.repositories.products import ProductRepository
from shop.services.catalogue import CatalogueService


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


def test_load(client: TestClient, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text("sku,name,price\npear,Pear,90\nplum,Plum,40\n")
    with shop.db.SessionLocal() as db:
        assert asyncio.run(CatalogueService(ProductRepository(db)).load(file)) == 2
    assert [product["sku"] for product in client.get("/products").json()] == ["pear", "plum"]
