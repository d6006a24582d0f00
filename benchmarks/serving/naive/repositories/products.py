"""Products in the database."""

import asyncio

from sqlalchemy import select

from shop.models import Product
from shop.repositories.base import Repository


class ProductRepository(Repository[Product]):
    model = Product

    async def by_sku(self, sku: str) -> Product | None:
        found = await asyncio.to_thread(self.db.execute, select(Product).where(Product.sku == sku))
        return found.scalar_one_or_none()

    async def search(self, text: str) -> list[Product]:
        query = self.db.query(Product).filter(Product.name.contains(text)).order_by(Product.name)
        return await asyncio.to_thread(query.all)
