"""Orders in the database."""

from sqlalchemy import select

from shop.models import Order
from shop.repositories.base import Repository


class OrderRepository(Repository[Order]):
    model = Order

    def of_account(self, account_id: int) -> list[Order]:
        query = select(Order).where(Order.account_id == account_id).order_by(Order.id)
        return list(self.db.scalars(query))

    def set_status(self, order: Order, status: str) -> None:
        order.status = status
        self.db.commit()
