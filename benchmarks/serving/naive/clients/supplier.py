"""The supplier's stock API."""

import asyncio

import httpx2

from shop.config import settings

ATTEMPTS = 4
FIRST_PAUSE = 0.01


class SupplierError(Exception):
    """The supplier gave no usable answer."""


async def available(sku: str) -> int:
    """How many pieces the supplier has; it is often busy, so we ask again."""
    for attempt in range(ATTEMPTS):
        async with httpx2.AsyncClient() as client:
            reply = await client.get(f"{settings.supplier_url}/stock/{sku}", timeout=5)
        if reply.status_code == 200:
            return reply.json()["available"]
        await asyncio.sleep(FIRST_PAUSE * 2**attempt)
    raise SupplierError(f"no answer for {sku}")


async def order_more(sku: str, quantity: int) -> str:
    """Order from the supplier and wait until the order is confirmed."""
    async with httpx2.AsyncClient() as client:
        reply = await client.post(f"{settings.supplier_url}/orders", json={"sku": sku, "quantity": quantity}, timeout=5)
    reply.raise_for_status()
    number = reply.json()["number"]
    delay = 0.005
    while await state(number) != "confirmed":
        await asyncio.sleep(delay)
        delay = min(delay * 2, 0.05)
    return number


async def state(number: str) -> str:
    async with httpx2.AsyncClient() as client:
        return (await client.get(f"{settings.supplier_url}/orders/{number}", timeout=5)).json()["state"]
