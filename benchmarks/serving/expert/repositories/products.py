"""Products in the database."""

from sqlalchemy import select

from shop.models import Product
from shop.repositories.base import Repository


class ProductRepository(Repository[Product]):
    model = Product

    def by_sku(self, sku: str) -> Product | None:
        return self.db.execute(select(Product).where(Product.sku == sku)).scalar_one_or_none()

    def search(self, text: str) -> list[Product]:
        return self.db.query(Product).filter(Product.name.contains(text)).order_by(Product.name).all()
