"""The database."""

from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from shop.config import settings


class Base(DeclarativeBase):
    """All tables."""


engine = create_engine(settings.database_url, connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine, expire_on_commit=False)


def get_db() -> Iterator[Session]:
    """A session for one request."""
    session = SessionLocal()
    try:
        yield session
    finally:
        session.close()
