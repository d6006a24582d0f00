"""/products"""

from fastapi import APIRouter, HTTPException, UploadFile

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


@router.get("/{product_id}", response_model=ProductOut)
async def read_product(db: Db, product_id: int) -> Product:
    product = db.get(Product, product_id)
    if product is None:
        raise HTTPException(404, "no such product")
    return product


@router.put("/{product_id}/picture", response_model=ProductOut)
async def set_picture(db: Db, product_id: int, file: UploadFile) -> Product:
    product = db.get(Product, product_id)
    if product is None:
        raise HTTPException(404, "no such product")
    content = await file.read()
    product.picture = pictures.store(product.sku, pictures.thumbnail(content)).name
    db.commit()
    return product
