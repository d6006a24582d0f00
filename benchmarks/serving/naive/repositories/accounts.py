"""Accounts in the database."""

import asyncio

from sqlalchemy import select

from shop.models import Account
from shop.repositories.base import Repository


class AccountRepository(Repository[Account]):
    model = Account

    async def by_email(self, email: str) -> Account | None:
        found = await asyncio.to_thread(self.db.scalars, select(Account).where(Account.email == email))
        return found.first()
