"""The supplier's stock API."""

import asyncio

from shop.clients.http import client
from shop.config import settings

ATTEMPTS = 4
FIRST_PAUSE = 0.01


class SupplierError(Exception):
    """The supplier gave no usable answer."""


async def available(sku: str) -> int:
    """How many pieces the supplier has; it is often busy, so we ask again."""
    for attempt in range(ATTEMPTS):
        reply = await client().get(f"{settings.supplier_url}/stock/{sku}")
        if reply.status_code == 200:
            return reply.json()["available"]
        await asyncio.sleep(FIRST_PAUSE * 2**attempt)
    raise SupplierError(f"no answer for {sku}")


async def order_more(sku: str, quantity: int) -> str:
    """Order from the supplier and wait until the order is confirmed."""
    reply = await client().post(f"{settings.supplier_url}/orders", json={"sku": sku, "quantity": quantity})
    reply.raise_for_status()
    number = reply.json()["number"]
    delay = 0.005
    while (await client().get(f"{settings.supplier_url}/orders/{number}")).json()["state"] != "confirmed":
        await asyncio.sleep(delay)
        delay = min(delay * 2, 0.05)
    return number
