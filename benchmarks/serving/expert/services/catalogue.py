"""Products."""

import csv
import uuid
from pathlib import Path

from shop.config import settings
from shop.models import Product
from shop.repositories.products import ProductRepository
from shop.schemas import ProductIn


class SkuTakenError(Exception):
    """Two products cannot share a number."""


class CatalogueService:
    def __init__(self, products: ProductRepository) -> None:
        self.products = products

    def create(self, given: ProductIn) -> Product:
        if self.products.by_sku(given.sku) is not None:
            raise SkuTakenError(given.sku)
        return self.products.add(Product(**given.model_dump()))

    def search(self, text: str) -> list[Product]:
        if not text:
            return self.products.all()
        return self.products.search(text)

    def load(self, file: Path) -> int:
        """Take products over from a CSV file, except those we have."""
        with open(file, newline="", encoding="utf-8") as source:
            rows = list(csv.DictReader(source))
        found = [Product(sku=row["sku"], name=row["name"], price=int(row["price"])) for row in rows]
        added = 0
        for product in found:
            if self.products.by_sku(product.sku) is None:
                self.products.add(product)
                added += 1
        return added

    def export(self) -> Path:
        """Write all products to a CSV file."""
        folder = settings.media_folder / "exports"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{uuid.uuid4().hex}.csv"
        products = self.products.all()
        with open(file, "w", newline="", encoding="utf-8") as target:
            writer = csv.writer(target)
            writer.writerow(["sku", "name", "price"])
            writer.writerows([product.sku, product.name, product.price] for product in products)
        return file
