"""/accounts"""

from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException

from shop.deps import CurrentAccount, Db
from shop.models import Account
from shop.repositories.accounts import AccountRepository
from shop.schemas import Credentials
from shop.security import hash_password, new_salt, verify_password

router = APIRouter(prefix="/accounts", tags=["accounts"])


@router.post("", status_code=201)
def register(db: Db, given: Credentials) -> dict[str, int]:
    accounts = AccountRepository(db)
    if accounts.by_email(given.email) is not None:
        raise HTTPException(409, "this address is registered")
    salt = new_salt()
    account = Account(email=given.email, salt=salt, password=hash_password(given.password, salt))
    return {"id": accounts.add(account).id}


@router.post("/login")
def log_in(db: Db, given: Credentials) -> dict[str, int]:
    account = AccountRepository(db).by_email(given.email)
    if account is None or not verify_password(given.password, account.salt, account.password):
        raise HTTPException(401, "unknown account or wrong password")
    account.last_login = datetime.now(UTC)
    db.commit()
    return {"id": account.id}


@router.get("/me")
def me(account: CurrentAccount) -> dict[str, str | int]:
    return {"email": account.email, "orders": len(account.orders)}
