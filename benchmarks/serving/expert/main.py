"""The application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from shop import models
from shop.clients import http
from shop.db import Base, engine
from shop.routes import accounts, health, orders, partners, products

__all__ = ["app", "models"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    Base.metadata.create_all(engine)
    async with http.opened():
        yield
    engine.dispose()


app = FastAPI(title="Shop", lifespan=lifespan)
for module in (accounts, health, orders, partners, products):
    app.include_router(module.router)
