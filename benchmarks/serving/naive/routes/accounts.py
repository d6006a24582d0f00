"""/accounts"""

import asyncio

from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException

from shop.deps import CurrentAccount, Db
from shop.models import Account
from shop.repositories.accounts import AccountRepository
from shop.schemas import Credentials
from shop.security import hash_password, new_salt, verify_password

router = APIRouter(prefix="/accounts", tags=["accounts"])


@router.post("", status_code=201)
async def register(db: Db, given: Credentials) -> dict[str, int]:
    accounts = AccountRepository(db)
    if await accounts.by_email(given.email) is not None:
        raise HTTPException(409, "this address is registered")
    salt = new_salt()
    password = await asyncio.to_thread(hash_password, given.password, salt)
    account = Account(email=given.email, salt=salt, password=password)
    return {"id": (await accounts.add(account)).id}


@router.post("/login")
async def log_in(db: Db, given: Credentials) -> dict[str, int]:
    account = await AccountRepository(db).by_email(given.email)
    if account is None or not await asyncio.to_thread(verify_password, given.password, account.salt, account.password):
        raise HTTPException(401, "unknown account or wrong password")
    account.last_login = datetime.now(UTC)
    await asyncio.to_thread(db.commit)
    return {"id": account.id}


@router.get("/me")
async def me(account: CurrentAccount) -> dict[str, str | int]:
    return {"email": account.email, "orders": len(account.orders)}
