"""Functions whose parts go into threads one by one, and those that would have changed with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.config import Settings
from tests.support import run, write

if TYPE_CHECKING:
    from pathlib import Path

SHOP = """
    import hashlib

    from fastapi import Depends, FastAPI
    from sqlalchemy import create_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

    app = FastAPI()
    Sessions = sessionmaker(create_engine("sqlite:///shop.db"))


    class Base(DeclarativeBase):
        pass


    class Product(Base):
        __tablename__ = "products"

        id: Mapped[int] = mapped_column(primary_key=True)
        stock: Mapped[int]


    def get_db():
        with Sessions() as db:
            yield db


    async def find(db: Session, key: int) -> Product | None:
        return db.get(Product, key)


    async def save(db: Session, row: Base) -> None:
        db.add(row)
        db.commit()


    @app.post("/sell")
    async def sell(key: int, db: Session = Depends(get_db)) -> int:
        product = await find(db, key)
        product.stock -= 1
        await save(db, product)
        return product.stock


    @app.post("/register")
    async def register(password: str, db: Session = Depends(get_db)) -> str:
        digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 600_000)
        await save(db, Product(stock=0))
        return digest.hex()
"""


def test_who_stays_does_not_keep_the_others(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": SHOP})
    result = run(tmp_path, settings=Settings(unsafe=frozenset({"to-def", "offload"})), changing=True)
    assert result.faults == ()
    after = result.changes[0].after.decode()
    assert "\ndef sell(" in after
    assert "\ndef save(" in after
    assert "async def register(" in after
    assert "await run_in_threadpool(save, db, Product(stock=0))" in after


def test_what_is_safe_is_the_same_either_way(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": SHOP})
    result = run(tmp_path, changing=True)
    assert result.faults == ()
    assert "digest = await asyncio.to_thread(hashlib.pbkdf2_hmac" in result.changes[0].after.decode()
    assert {finding.function for finding in result.left} == {"find", "save"}
