"""/products"""

import asyncio
import uuid

from fastapi import APIRouter, HTTPException, Response, UploadFile
from fastapi.responses import FileResponse

from shop.config import settings
from shop.deps import Db
from shop.models import Product
from shop.repositories.products import ProductRepository
from shop.schemas import ProductIn, ProductOut
from shop.services import pictures
from shop.services.catalogue import CatalogueService, SkuTakenError

router = APIRouter(prefix="/products", tags=["products"])


@router.get("", response_model=list[ProductOut])
async def list_products(db: Db, q: str = "") -> list[Product]:
    return await CatalogueService(ProductRepository(db)).search(q)


@router.post("", response_model=ProductOut, status_code=201)
async def create_product(db: Db, given: ProductIn) -> Product:
    try:
        return await CatalogueService(ProductRepository(db)).create(given)
    except SkuTakenError as error:
        raise HTTPException(409, f"{error} is taken") from error


@router.post("/import", status_code=201)
async def import_products(db: Db, file: UploadFile) -> dict[str, int]:
    folder = settings.media_folder / "imports"
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    upload = folder / f"{uuid.uuid4().hex}.csv"
    await asyncio.to_thread(upload.write_bytes, await file.read())
    try:
        return {"added": await CatalogueService(ProductRepository(db)).load(upload)}
    except (KeyError, ValueError) as error:
        raise HTTPException(422, f"not a list of products: {error}") from error


@router.get("/export")
async def export_products(db: Db) -> FileResponse:
    file = await CatalogueService(ProductRepository(db)).export()
    return FileResponse(file, media_type="text/csv", filename="products.csv")


@router.get("/{product_id}", response_model=ProductOut)
async def read_product(db: Db, product_id: int) -> Product:
    product = await asyncio.to_thread(db.get, Product, product_id)
    if product is None:
        raise HTTPException(404, "no such product")
    return product


@router.put("/{product_id}/picture", response_model=ProductOut)
async def set_picture(db: Db, product_id: int, file: UploadFile) -> Product:
    product = await asyncio.to_thread(db.get, Product, product_id)
    if product is None:
        raise HTTPException(404, "no such product")
    content = await file.read()
    small = await asyncio.to_thread(pictures.thumbnail, content)
    product.picture = (await asyncio.to_thread(pictures.store, product.sku, small)).name
    await asyncio.to_thread(db.commit)
    return product


@router.get("/{product_id}/picture")
async def read_picture(db: Db, product_id: int) -> Response:
    product = await asyncio.to_thread(db.get, Product, product_id)
    if product is None or product.picture is None:
        raise HTTPException(404, "no picture")
    content = await asyncio.to_thread((settings.media_folder / product.picture).read_bytes)
    return Response(content, media_type="image/jpeg")
