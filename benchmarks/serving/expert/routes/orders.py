"""/orders"""

import time

from fastapi import APIRouter, BackgroundTasks, HTTPException
from fastapi.concurrency import run_in_threadpool

from shop.clients.payment import PaymentError
from shop.clients.supplier import SupplierError
from shop.config import settings
from shop.deps import CurrentAccount, Db
from shop.models import Order
from shop.repositories.orders import OrderRepository
from shop.repositories.products import ProductRepository
from shop.schemas import OrderIn, OrderOut
from shop.services.checkout import CheckoutService, OutOfStockError

router = APIRouter(prefix="/orders", tags=["orders"])
POLL_SECONDS = 0.005


def service(db: Db) -> CheckoutService:
    return CheckoutService(OrderRepository(db), ProductRepository(db))


def log_order(order_id: int) -> None:
    settings.media_folder.mkdir(parents=True, exist_ok=True)
    with open(settings.media_folder / "orders.log", "a", encoding="utf-8") as log:
        log.write(f"{time.time():.0f} {order_id}\n")


@router.post("", response_model=OrderOut, status_code=201)
async def place_order(db: Db, account: CurrentAccount, given: OrderIn, background: BackgroundTasks) -> Order:
    try:
        order = await service(db).place(account, given.lines)
    except OutOfStockError as error:
        raise HTTPException(409, f"{error} is out of stock") from error
    except SupplierError as error:
        raise HTTPException(502, str(error)) from error
    background.add_task(log_order, order.id)
    return order


@router.get("", response_model=list[OrderOut])
def list_orders(db: Db, account: CurrentAccount) -> list[Order]:
    return OrderRepository(db).of_account(account.id)


def find(db: Db, order_id: int) -> tuple[Order | None, int]:
    order = OrderRepository(db).get(order_id)
    return order, order.total if order else 0


@router.post("/{order_id}/payment")
async def pay_order(db: Db, account: CurrentAccount, order_id: int) -> dict[str, str]:
    order, total = await run_in_threadpool(find, db, order_id)
    if order is None or order.account_id != account.id:
        raise HTTPException(404, "no such order")
    try:
        return {"charge": await service(db).pay(order, total)}
    except PaymentError as error:
        raise HTTPException(402, str(error)) from error


@router.get("/{order_id}/invoice")
def read_invoice(account: CurrentAccount, order_id: int) -> dict[str, str]:
    file = settings.media_folder / "invoices" / f"{order_id}.txt"
    deadline = time.monotonic() + 0.05
    # The invoice is written just after the payment came in.
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    if not file.exists():
        raise HTTPException(404, "no invoice yet")
    return {"invoice": file.read_text(encoding="utf-8")}


@router.post("/shipments")
async def ship(db: Db, account: CurrentAccount) -> list[str]:
    orders = await run_in_threadpool(OrderRepository(db).of_account, account.id)
    paid = [order for order in orders if order.status == "paid"]
    return await service(db).ship(paid)
