"""One client for the whole application: its connections are kept, its certificates are read once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

UNLIMITED = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
_open: list[httpx2.AsyncClient] = []


@asynccontextmanager
async def opened() -> AsyncIterator[None]:
    """The application's lifetime."""
    async with httpx2.AsyncClient(timeout=5, limits=UNLIMITED) as client:
        _open.append(client)
        try:
            yield
        finally:
            _open.remove(client)


def client() -> httpx2.AsyncClient:
    return _open[-1]
