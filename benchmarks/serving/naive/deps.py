"""What routes are given."""

import asyncio

from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlalchemy.orm import Session

from shop.db import get_db
from shop.models import Account
from shop.repositories.accounts import AccountRepository
from shop.security import verify_password

Db = Annotated[Session, Depends(get_db)]


async def current_account(db: Db, x_email: Annotated[str, Header()], x_password: Annotated[str, Header()]) -> Account:
    account = await AccountRepository(db).by_email(x_email)
    if account is None or not await asyncio.to_thread(verify_password, x_password, account.salt, account.password):
        raise HTTPException(401, "unknown account or wrong password")
    return account


CurrentAccount = Annotated[Account, Depends(current_account)]
