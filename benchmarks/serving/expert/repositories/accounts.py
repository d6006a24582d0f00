"""Accounts in the database."""

from sqlalchemy import select

from shop.models import Account
from shop.repositories.base import Repository


class AccountRepository(Repository[Account]):
    model = Account

    def by_email(self, email: str) -> Account | None:
        return self.db.scalars(select(Account).where(Account.email == email)).first()
