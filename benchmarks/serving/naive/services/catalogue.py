"""Products."""

import asyncio
import csv
import uuid
from pathlib import Path

from shop.config import settings
from shop.models import Product
from shop.repositories.products import ProductRepository
from shop.schemas import ProductIn


class SkuTakenError(Exception):
    """Two products cannot share a number."""


def read_rows(file: Path) -> list[dict[str, str]]:
    with open(file, newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def write_rows(file: Path, products: list[Product]) -> None:
    with open(file, "w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(["sku", "name", "price"])
        writer.writerows([product.sku, product.name, product.price] for product in products)


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
        """Take products over from a CSV file, except those we have."""
        rows = await asyncio.to_thread(read_rows, file)
        found = [Product(sku=row["sku"], name=row["name"], price=int(row["price"])) for row in rows]
        added = 0
        for product in found:
            if await self.products.by_sku(product.sku) is None:
                await self.products.add(product)
                added += 1
        return added

    async def export(self) -> Path:
        """Write all products to a CSV file."""
        folder = settings.media_folder / "exports"
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        file = folder / f"{uuid.uuid4().hex}.csv"
        products = await self.products.all()
        await asyncio.to_thread(write_rows, file, products)
        return file
