"""Bytes to text by Python's own rules (PEP 263), with errors that name the line."""

from __future__ import annotations

import codecs
import io
import re
import tokenize

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


class UnreadableError(Exception):
    """A file that is not text in the encoding that it claims; `line` is 0 where no line is to blame."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def decode(data: bytes) -> str:
    """The text of a source file, without its byte order mark."""
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise UnreadableError(line, "it holds a null byte, so it is not Python source")
    encoding = _encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UnreadableError(
            line,
            f"byte 0x{data[error.start]:02x} is not {encoding.removesuffix('-sig')}; save the file as UTF-8, or name "
            "its encoding in the first line (`# -*- coding: … -*-`)",
        ) from error


def _encoding(data: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError as error:
        # detect_encoding wraps three things in one error: an unknown name, a BOM that contradicts it, a line not UTF-8.
        cookie = _cookie(data)
        if cookie is None:
            return "utf-8"
        line, name = cookie
        try:
            codecs.lookup(name)
        except LookupError:
            raise UnreadableError(line, f"unknown encoding {name!r}; name one that Python knows") from error
        if data.startswith(codecs.BOM_UTF8):
            raise UnreadableError(
                line, f"it starts with a UTF-8 mark but says that it is {name}; remove one"
            ) from error
        return name


def _cookie(data: bytes) -> tuple[int, str] | None:
    for number, line in enumerate(data.removeprefix(codecs.BOM_UTF8).splitlines()[:2], 1):
        match = _COOKIE.match(line)
        if match:
            return number, match.group(1).decode("ascii", "replace")
    return None
