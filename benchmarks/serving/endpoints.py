"""Every endpoint of the shop, with what is asked of it; and the neighbour."""

from __future__ import annotations

import functools
import io
import itertools
import json
from dataclasses import dataclass

from PIL import Image

PRODUCTS = 20
ANN = {"X-Email": "ann@example.com", "X-Password": "correct horse"}
FORM = "multipart/form-data; boundary=edge"
fresh = itertools.count(1000)


@dataclass(frozen=True)
class Endpoint:
    """One kind of request. `{fresh}` in the body is a number never used before."""

    name: str
    line: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    # What it leaves in the database has to go before the next measurement.
    adds: bool = False

    def request(self) -> bytes:
        """The bytes of one request."""
        body = self.body.replace(b"{fresh}", b"%d" % next(fresh)) if self.adds else self.body
        head = [f"{self.line} HTTP/1.1", "Host: shop", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


def plain(name: str, line: str, *, known: bool = False) -> Endpoint:
    """A request without a body."""
    return Endpoint(name, line, headers=tuple(ANN.items()) if known else ())


def sends(name: str, line: str, content: object, *, known: bool = False, adds: bool = False) -> Endpoint:
    """A request with a JSON body."""
    headers = {"Content-Type": "application/json"} | (ANN if known else {})
    return Endpoint(name, line, json.dumps(content).encode(), tuple(headers.items()), adds)


def uploads(name: str, line: str, file: str, content: bytes) -> Endpoint:
    """A request with a file."""
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\n\r\n'.encode()
    return Endpoint(name, line, head + content + b"\r\n--edge--\r\n", (("Content-Type", FORM),))


@functools.cache
def picture() -> bytes:
    """A photograph, as far as the work it makes is concerned."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def order(sku: str, quantity: int) -> dict[str, object]:
    """An order of one product."""
    return {"email": "ann@example.com", "lines": [{"sku": sku, "quantity": quantity}]}


LIST = "sku,name,price\n" + "".join(f"sku-{n},Product {n},100\n" for n in range(PRODUCTS))
PERSON = {"email": "new-{fresh}@example.com", "password": "correct horse"}
NEIGHBOUR = plain("health", "GET /health")
ENDPOINTS = (
    plain("supplier's stock", "GET /partners/stock/sku-1"),
    sends("courier's notices", "POST /partners/courier/notices", ["a", "b", "c"]),
    plain("products", "GET /products"),
    plain("product", "GET /products/1"),
    plain("picture", "GET /products/1/picture"),
    plain("export", "GET /products/export"),
    sends("new product", "POST /products", {"sku": "new-{fresh}", "name": "New", "price": 5}, adds=True),
    uploads("import", "POST /products/import", "a.csv", LIST.encode()),
    uploads("new picture", "PUT /products/1/picture", "a.png", picture()),
    sends("register", "POST /accounts", PERSON, adds=True),
    sends("log in", "POST /accounts/login", {"email": ANN["X-Email"], "password": ANN["X-Password"]}),
    plain("account", "GET /accounts/me", known=True),
    plain("orders", "GET /orders", known=True),
    sends("order", "POST /orders", order("sku-2", 1), known=True, adds=True),
    sends("order, restocked", "POST /orders", order("scarce", 5), known=True, adds=True),
    plain("payment", "POST /orders/1/payment", known=True),
    plain("invoice", "GET /orders/1/invoice", known=True),
    plain("shipments", "POST /orders/shipments", known=True),
)


def beginning() -> list[Endpoint]:
    """What every shop is told first; the answers are compared as well."""
    goods = [{"sku": f"sku-{n}", "name": f"Product {n}", "price": 100, "stock": 10**9} for n in range(PRODUCTS)]
    goods.append({"sku": "scarce", "name": "Scarce", "price": 7, "stock": 0})
    return [
        sends("ann", "POST /accounts", {"email": ANN["X-Email"], "password": ANN["X-Password"]}),
        *(sends("goods", "POST /products", each) for each in goods),
        *(sends("order", "POST /orders", order(f"sku-{n}", n + 1), known=True) for n in range(3)),
        plain("none yet", "GET /orders/1/invoice", known=True),
        plain("payment", "POST /orders/1/payment", known=True),
        uploads("new picture", "PUT /products/1/picture", "a.png", picture()),
        plain("unknown", "GET /products/999"),
        sends("wrong", "POST /accounts/login", {"email": ANN["X-Email"], "password": "wrong horse"}),
    ]
