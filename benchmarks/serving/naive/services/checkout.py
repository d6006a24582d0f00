"""From a basket to a paid order."""

import asyncio
from pathlib import Path

from shop.clients import courier, supplier
from shop.clients.payment import PaymentClient
from shop.config import settings
from shop.models import Account, Order, OrderLine
from shop.repositories.orders import OrderRepository
from shop.repositories.products import ProductRepository
from shop.schemas import Wanted


class OutOfStockError(Exception):
    """Neither we nor the supplier have enough."""


def write_invoice(order: Order) -> Path:
    folder = settings.media_folder / "invoices"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{order.id}.txt"
    with file.open("w", encoding="utf-8") as target:
        for line in order.lines:
            target.write(f"{line.quantity} x {line.product.name}: {line.quantity * line.price}\n")
        target.write(f"total: {order.total}\n")
    return file


class CheckoutService:
    def __init__(self, orders: OrderRepository, products: ProductRepository) -> None:
        self.orders = orders
        self.products = products
        self.payment = PaymentClient()

    async def place(self, account: Account, wanted: list[Wanted]) -> Order:
        order = Order(account_id=account.id)
        for each in wanted:
            product = await self.products.by_sku(each.sku)
            if product is None:
                raise OutOfStockError(each.sku)
            if product.stock < each.quantity:
                await self.restock(each)
                product.stock += each.quantity
            product.stock -= each.quantity
            order.lines.append(OrderLine(product=product, quantity=each.quantity, price=product.price))
        return await self.orders.add(order)

    async def restock(self, wanted: Wanted) -> None:
        if await supplier.available(wanted.sku) < wanted.quantity:
            raise OutOfStockError(wanted.sku)
        await supplier.order_more(wanted.sku, wanted.quantity)

    async def pay(self, order: Order) -> str:
        charge = await self.payment.charge(order.id, order.total)
        await self.orders.set_status(order, "paid")
        await asyncio.to_thread(write_invoice, order)
        return charge

    async def ship(self, orders: list[Order]) -> list[str]:
        labels = await courier.pick_up([order.id for order in orders])
        for order in orders:
            # The label printer is slow; a burst makes it lose labels.
            await asyncio.sleep(0.001)
            await self.orders.set_status(order, "shipped")
        return [await courier.notify(label) for label in labels]
