"""Products."""

import csv
from pathlib import Path

from shop.models import Product
from shop.repositories.products import ProductRepository
from shop.schemas import ProductIn


class SkuTakenError(Exception):
    """Two products cannot share a number."""


class CatalogueService:
    def __init__(self, products: ProductRepository) -> None:
        self.products = products

    async def create(self, given: ProductIn) -> Product:
        if await self.products.by_sku(given.sku) is not None:
            raise SkuTakenError(given.sku)
        return await self.products.add(Product(**given.model_dump()))

    async def search(self, text: str) -> list[Product]:
        if not text:
            return await self.products.all()
        return await self.products.search(text)

    async def load(self, file: Path) -> int:
        """Take products over from a CSV file."""
        with open(file, newline="", encoding="utf-8") as source:
            rows = list(csv.DictReader(source))
        for row in rows:
            await self.products.add(Product(sku=row["sku"], name=row["name"], price=int(row["price"])))
        return len(rows)
