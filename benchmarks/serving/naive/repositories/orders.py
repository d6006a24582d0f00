"""Orders in the database."""

import asyncio

from sqlalchemy import select

from shop.models import Order
from shop.repositories.base import Repository


class OrderRepository(Repository[Order]):
    model = Order

    async def of_account(self, account_id: int) -> list[Order]:
        query = select(Order).where(Order.account_id == account_id).order_by(Order.id)
        return list(await asyncio.to_thread(self.db.scalars, query))

    async def set_status(self, order: Order, status: str) -> None:
        order.status = status
        await asyncio.to_thread(self.db.commit)
