"""From a basket to a paid order."""

import asyncio
from pathlib import Path

from fastapi.concurrency import run_in_threadpool

from shop.clients import courier, payment, supplier
from shop.config import settings
from shop.models import Account, Order, OrderLine, Product
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

    async def place(self, account: Account, wanted: list[Wanted]) -> Order:
        order = Order(account_id=account.id)
        for product, each in await run_in_threadpool(self.find, wanted):
            if product.stock < each.quantity:
                await self.restock(each)
                product.stock += each.quantity
            product.stock -= each.quantity
            order.lines.append(OrderLine(product=product, quantity=each.quantity, price=product.price))
        return await run_in_threadpool(self.save, order)

    def find(self, wanted: list[Wanted]) -> list[tuple[Product, Wanted]]:
        found = []
        for each in wanted:
            product = self.products.by_sku(each.sku)
            if product is None:
                raise OutOfStockError(each.sku)
            found.append((product, each))
        return found

    def save(self, order: Order) -> Order:
        self.orders.add(order)
        # Read here, in the thread, what the answer shows.
        len(order.lines)
        return order

    async def restock(self, wanted: Wanted) -> None:
        if await supplier.available(wanted.sku) < wanted.quantity:
            raise OutOfStockError(wanted.sku)
        await supplier.order_more(wanted.sku, wanted.quantity)

    async def pay(self, order: Order, total: int) -> str:
        charge = await payment.charge(order.id, total)
        await run_in_threadpool(self.paid, order)
        return charge

    def paid(self, order: Order) -> None:
        self.orders.set_status(order, "paid")
        write_invoice(order)

    async def ship(self, orders: list[Order]) -> list[str]:
        labels = await courier.pick_up([order.id for order in orders])
        for order in orders:
            # The label printer is slow; a burst makes it lose labels.
            await asyncio.sleep(0.001)
            await run_in_threadpool(self.orders.set_status, order, "shipped")
        return [await courier.notify(label) for label in labels]
