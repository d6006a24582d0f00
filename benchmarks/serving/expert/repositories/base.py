"""What all repositories share."""

from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db import Base

Row = TypeVar("Row", bound=Base)


class Repository(Generic[Row]):
    model: type[Row]

    def __init__(self, db: Session) -> None:
        self.db = db

    def get(self, key: int) -> Row | None:
        return self.db.get(self.model, key)

    def all(self) -> list[Row]:
        return list(self.db.scalars(select(self.model)))

    def add(self, row: Row) -> Row:
        self.db.add(row)
        self.db.commit()
        self.db.refresh(row)
        return row
