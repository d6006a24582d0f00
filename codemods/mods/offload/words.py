"""A name for a nested function that reads as if a person had chosen it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codemods.facts.values import unlike

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

_VERBS = {
    "add": "save", "add_all": "save", "commit": "save", "flush": "save", "merge": "save", "save": "save",
    "refresh": "save", "bulk_save_objects": "save", "rollback": "undo",
    "delete": "delete", "remove": "remove", "unlink": "remove", "rmtree": "remove",
    "write": "write", "write_text": "write", "write_bytes": "write", "writelines": "write", "dump": "write",
    "open": "read", "read": "read", "read_text": "read", "read_bytes": "read", "readlines": "read", "readline": "read",
    "load": "load", "loads": "load", "safe_load": "load",
    "__iter__": "load", "relationship": "load",
    "all": "load", "execute": "load", "fetchall": "load", "fetchone": "load", "first": "load", "get": "load",
    "one": "load", "one_or_none": "load", "query": "load", "scalar": "load", "scalars": "load", "exec": "load",
    "count": "count", "post": "send", "put": "send", "patch": "send", "request": "send", "send": "send",
    "sendmail": "send", "send_message": "send", "connect": "connect", "download": "download", "upload": "upload",
    "put_object": "upload", "getaddrinfo": "resolve", "close": "close",
    "copy": "copy", "copyfile": "copy", "copyfileobj": "copy", "move": "move", "run": "run", "check_output": "run",
    "Popen": "run", "call": "run", "mkdir": "make", "makedirs": "make", "listdir": "list", "glob": "list",
}  # fmt: skip
_OBJECTS = {
    "read": "file", "write": "file", "load": "data", "send": "request", "run": "command", "list": "files",
    "upload": "file", "download": "file", "resolve": "host",
}  # fmt: skip
# What says most about a group of statements comes first: a commit makes it a save, whatever else is in it.
_STRONGEST = ("save", "delete", "write", "send", "upload", "download", "load", "read")
_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_LONGEST = 30


def verb_of(method: str) -> str:
    """What a method does, by its name or the first word of it; empty where that says nothing."""
    first = method.strip("_").partition("_")[0]
    return _VERBS.get(method) or _VERBS.get(first) or (first if first in _VERBS.values() else "")


def name_for(methods: Sequence[str], results: Sequence[str], taken: Container[str]) -> str:
    """A name from the methods that are called and the results that are given, unlike all names taken."""
    verbs = [verb for method in methods if (verb := verb_of(method))]
    verb = next((each for each in _STRONGEST if each in verbs), verbs[0] if verbs else "")
    nouns = [result for result in results if _WORD.fullmatch(result)]
    if verb and len(nouns) == 1 and len(nouns[0]) < _LONGEST:
        name = f"{verb}_{nouns[0].strip('_')}"
    elif verb:
        name = verb if verb in {"save", "delete", "undo", "connect", "count"} else f"{verb}_{_OBJECTS.get(verb, 'all')}"
    elif len(nouns) == 1 and len(nouns[0]) < _LONGEST:
        name = f"make_{nouns[0].strip('_')}"
    else:
        last = next((method for method in methods if _WORD.fullmatch(method)), "work")
        name = f"do_{last.strip('_')}"
    if name in taken and f"{name}_in_thread" not in taken:
        return f"{name}_in_thread"
    return unlike(name, taken)
