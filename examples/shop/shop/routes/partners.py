"""/partners"""

import asyncio

from fastapi import APIRouter, HTTPException

from shop.clients import courier, supplier
from shop.clients.supplier import SupplierError

router = APIRouter(prefix="/partners", tags=["partners"])
NOTICE_PAUSE = 0.001


@router.get("/stock/{sku}")
async def read_stock(sku: str) -> dict[str, int]:
    try:
        return {"available": await supplier.available(sku)}
    except SupplierError as error:
        raise HTTPException(502, str(error)) from error


@router.post("/courier/notices")
async def send_notices(labels: list[str]) -> list[str]:
    """The courier takes one notice at a time."""
    sent = []
    for label in labels:
        sent.append(await courier.notify(label))
        await asyncio.sleep(NOTICE_PAUSE)
    return sent
