"""The requests that an application is served with: two rounds over all that its schema, or its routes, show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.routing import Mount, Route

from tests.behaviour.derive import of_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = (1, 2)


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.options or ''}".strip()


def requests_for(app: Any) -> Iterator[Asked]:
    """From the OpenAPI schema where there is one, else from the routes; without websockets and documentation."""
    try:
        schema = app.openapi()
    except Exception:  # noqa: BLE001 (it has none, or none can be made)
        schema = {}
    for turn in ROUNDS:
        for path, operations in schema.get("paths", {}).items():
            for method, operation in operations.items():
                yield _of_operation(method.upper(), path, operation, schema, turn)
        for path, route in _routes(app.routes):
            shown = schema and route.include_in_schema
            for method in () if shown or path in _pages(app) else _methods(route):
                yield Asked(method, _filled(path, turn), {} if method == "GET" else {"json": {"a": turn}})


def _methods(route: Route) -> list[str]:
    return sorted((route.methods or {"GET", "PUT"}) - {"HEAD", "OPTIONS"})


def _pages(app: Any) -> set[str]:
    names = ("openapi_url", "docs_url", "redoc_url", "swagger_ui_oauth2_redirect_url")
    return {path for name in names if (path := getattr(app, name, None))}


def _routes(routes: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _routes(route.routes or (), prefix + route.path)
        elif isinstance(route, Route):
            yield prefix + route.path, route


def _filled(path: str, turn: int) -> str:
    pieces = path.split("{")
    return pieces[0] + "".join(str(turn) + piece.partition("}")[2] for piece in pieces[1:])


def _of_operation(method: str, path: str, operation: dict[str, Any], whole: dict[str, Any], turn: int) -> Asked:
    options: dict[str, Any] = {}
    for each in operation.get("parameters", ()):
        given = of_schema(each.get("schema", {}), whole, turn)
        if each["in"] == "path":
            path = path.replace("{" + each["name"] + "}", str(given))
        else:
            place = {"query": "params", "header": "headers", "cookie": "cookies"}[each["in"]]
            options.setdefault(place, {})[each["name"]] = given if place == "params" else str(given)
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        body = of_schema(content.get("schema", {}), whole, turn)
        if kind.startswith("multipart"):
            options["files"] = dict.fromkeys(body, ("a.txt", b"a,b\n1,2\n"))
        elif "form" in kind:
            options["data"] = body
        else:
            options["json"] = body
        break
    if operation.get("security"):
        options.setdefault("headers", {})["Authorization"] = "Bearer a"
    return Asked(method, path, options)
