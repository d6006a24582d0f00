"""What all repositories share."""

import asyncio

from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db import Base

Row = TypeVar("Row", bound=Base)


class Repository(Generic[Row]):
    model: type[Row]

    def __init__(self, db: Session) -> None:
        self.db = db

    async def get(self, key: int) -> Row | None:
        return await asyncio.to_thread(self.db.get, self.model, key)

    async def all(self) -> list[Row]:
        return list(await asyncio.to_thread(self.db.scalars, select(self.model)))

    async def add(self, row: Row) -> Row:
        self.db.add(row)
        await asyncio.to_thread(self.db.commit)
        await asyncio.to_thread(self.db.refresh, row)
        return row
