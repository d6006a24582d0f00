"""Values made up from types: what a function is called with, what a route is asked for. The same ones every time."""

from __future__ import annotations

import inspect
import sqlite3
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

# What is read, and what is there: both are made in the project's folder before anything runs.
FILE = "given.txt"
CONTENT = "1\n# second\nthird word\n"
URL = "http://127.0.0.1:9/a"
_PLAIN: dict[object, object] = {int: 1, float: 0.5, bool: True, bytes: b"a", object: "a", Any: "a", type(None): None}
_SEVERAL = (list, Sequence, Iterable, typing.Iterable, set, frozenset, tuple)


class NothingFitsError(Exception):
    """Nothing can be made up for a parameter."""


def arguments(function: Any, names: Mapping[str, object]) -> dict[str, object]:
    """A value for every parameter that needs one; `names` is where annotations are looked up."""
    found = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise NothingFitsError(parameter.name)
        if parameter.default is parameter.empty or type(parameter.default).__module__.startswith("fastapi"):
            found[parameter.name] = value(_annotation(parameter.annotation, names), parameter.name, names)
    return found


def _annotation(given: object, names: Mapping[str, object]) -> object:
    if isinstance(given, str):
        try:
            return eval(given, dict(names))  # noqa: S307 (annotations of our own fixtures)
        except Exception as error:
            raise NothingFitsError(given) from error
    return given


def value(kind: Any, name: str, names: Mapping[str, object]) -> object:
    """Something of a type; what a text is for shows in its name."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if kind is str or kind is inspect.Parameter.empty:
        return _text(name)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind is Path:
        return Path(FILE)
    if origin is Annotated:
        return value(parts[0], name, names)
    if origin in {typing.Union, types.UnionType}:
        return value(parts[0], name, names)
    if (origin or kind) in _SEVERAL:
        made = [value(parts[0] if parts else str, name.removesuffix("s"), names)]
        return made if (origin or kind) in {Sequence, Iterable, typing.Iterable} else (origin or kind)(made)
    if (origin or kind) in {dict, Mapping}:
        return {"a": value(parts[1] if parts else str, name, names)}
    if kind is sqlite3.Connection:
        return sqlite3.connect(":memory:")
    # A class of the project's own.
    if isinstance(kind, type) and names.get(kind.__name__) is kind and not inspect.isabstract(kind):
        return kind(**arguments(kind, names)) if kind.__init__ is not object.__init__ else kind()  # type: ignore[misc]
    raise NothingFitsError(name)


def _text(name: str) -> str:
    if name in {"u", "url", "uri"} or name.endswith("_url"):
        return URL
    if name in {"path", "file", "filename", "source", "name"}:
        return FILE
    return "a"


def of_schema(schema: dict[str, Any], whole: dict[str, Any], turn: int) -> Any:
    """Something that a JSON schema lets through; it differs from turn to turn."""
    if "$ref" in schema:
        target: dict[str, Any] = whole
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return of_schema(target, whole, turn)
    for several in ("anyOf", "oneOf", "allOf"):
        if schema.get(several):
            return of_schema(schema[several][0], whole, turn)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type", "string")
    if kind == "object":
        inner = schema.get("properties", {})
        return {name: of_schema(part, whole, turn) for name, part in inner.items()} or {"a": turn}
    if kind == "array":
        return [of_schema(schema.get("items", {}), whole, turn)]
    if kind == "boolean":
        return turn == 1
    if kind in {"integer", "number"}:
        return max(turn, schema.get("minimum", turn), schema.get("exclusiveMinimum", turn - 1) + 1)
    text = {"email": f"a{turn}@example.com", "date-time": "2026-01-02T03:04:05", "date": "2026-01-02"}
    return text.get(schema.get("format", ""), "ab"[turn - 1] * max(1, schema.get("minLength", 1)))
