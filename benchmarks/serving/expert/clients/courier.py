"""The courier picks up every few moments; a parcel has to wait for it."""

import asyncio

from shop.config import settings


async def pick_up(parcels: list[int]) -> list[str]:
    labels = []
    for parcel in parcels:
        await asyncio.sleep(0.001)
        labels.append(f"parcel-{parcel}")
    await asyncio.sleep(settings.courier_pause)
    return labels


async def notify(label: str) -> str:
    await asyncio.sleep(0.001)
    return f"{label} is on its way"
