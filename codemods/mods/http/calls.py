"""One call of requests as httpx would have it: which arguments it gets, and what stands against it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Argument
from codemods.facts.values import dotted
from codemods.hazards import Hazard
from codemods.mods.kinds import BOOL, BYTES, DICT, NONE, NUMBER, TEXT, UNKNOWN, Kinds, literal_items

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from codemods.hazards import Situation

# httpx takes a body only from these.
_WITH_BODY = frozenset({"patch", "post", "put", "request"})
_BODY = frozenset({"content", "data", "files", "json"})
# What requests and httpx write in other ways in an address.
_SIGNS = re.compile(r"[\^|\\\[\]{}\n `]|%(?![0-9A-Fa-f]{2})")
_VERBS = frozenset({"delete", "get", "head", "options", "patch", "post", "put"})


@dataclass
class Asked:
    """A call on its way to httpx."""

    method: str
    arguments: list[tuple[str, Argument, ast.expr]] = field(default_factory=list)
    """Name, form and value of each argument, in their order."""
    hazards: list[Hazard] = field(default_factory=list)
    verify: str = ""
    """What the client has to be told about certificates."""
    cookies: str = ""
    streams: bool = False
    """Its answer is read part by part."""
    refusal: str = ""
    certain: bool = False
    """Its address certainly begins as one does."""

    @property
    def follows(self) -> bool:
        """Whether it certainly follows redirects."""
        told = [value for name, _, value in self.arguments if name == "follow_redirects"]
        return all(isinstance(value, ast.Constant) and value.value is True for value in told)

    def unsafe(self, reason: str) -> None:
        """Something that a person should look at."""
        self.hazards.append(Hazard("unsafe", reason))


class Reader:
    """Reads the calls of one function."""

    def __init__(self, situation: Situation) -> None:
        self._opened = situation.opened
        self._kinds = Kinds(situation)
        self._asked = Asked("")

    def read(self, node: ast.Call, method: str, names: Sequence[str], *, parameters: bool = False) -> Asked:
        """A call of a function of requests, or of a method of a session, with the names of its positional arguments.

        `parameters` says that more are added to the address than the call has itself.
        """
        self._asked = asked = Asked(method)
        places: list[tuple[str, ast.expr]] = []
        for number, value in enumerate(node.args):
            if isinstance(value, ast.Starred) or number >= len(names):
                asked.refusal = "its arguments are put together while it runs"
                return asked
            places.append((names[number], value))
        for keyword in node.keywords:
            if keyword.arg is None:
                asked.refusal = "its arguments are put together while it runs"
                return asked
            places.append((keyword.arg, keyword.value))
        if "url" not in dict(places) or len(dict(places)) < len(places):
            asked.refusal = "it has no address, or an argument twice, and raises TypeError as it stands"
            return asked
        for place, (name, value) in enumerate(places):
            if not asked.refusal:
                self._argument(name, value, place, positional=place < len(node.args))
        if not asked.refusal:
            self._finish(node, dict(places))
            if "params" in dict(places) or parameters:
                self._query(dict(places)["url"])
        return asked

    def _argument(self, name: str, value: ast.expr, place: int, *, positional: bool) -> None:
        if name not in _HANDLERS:
            self._asked.refusal = f"httpx has no `{name}` for a single call"
            return
        made = _HANDLERS[name](self, value, place)
        if made is None:
            return
        if positional and name in {"method", "url"}:
            made = Argument(made.place, "", made.text)
        elif not made.keyword:
            made = Argument(made.place, name, made.text)
        self._asked.arguments.append((made.keyword or name, made, value))

    # One argument each

    def _url(self, value: ast.expr, place: int) -> Argument:
        kinds = self._kinds.of(value)
        self._asked.certain = self._kinds.start(value).startswith(("http://", "https://"))
        if kinds <= TEXT | NONE:
            constants = [each.value for each in ast.walk(value) if isinstance(each, ast.Constant)]
            if any(isinstance(each, str) and _SIGNS.search(each) for each in constants):
                self._asked.refusal = "httpx writes a sign of its address in another way"
            return Argument(place)
        if kinds & (BYTES | BOOL | NUMBER | DICT):
            self._asked.refusal = "its address is no text"
        elif kinds == UNKNOWN:
            self._asked.unsafe("it is not certain that the address is text (httpx takes no other objects)")
        return Argument(place)

    def _verb(self, value: ast.expr, place: int) -> Argument:
        known = isinstance(value, ast.Constant) and str(value.value).lower() in _VERBS
        if not known and self._kinds.of(value) != TEXT:
            self._asked.unsafe("it is not certain that the method is text")
        return Argument(place)

    def _params(self, value: ast.expr, place: int) -> Argument | None:
        if _is_none(value):
            return None
        if isinstance(value, ast.Dict):
            return self._pairs(value, place, "params")
        if self._plain_dict(value):
            return Argument(place)
        kinds = self._kinds.of(value)
        if kinds == BYTES | TEXT or kinds & (BYTES | NUMBER | BOOL):
            self._asked.refusal = "its `params` are nothing that httpx takes"
        elif kinds == DICT:
            self._asked.unsafe("a value of `params` may be None or a bool, which httpx sends and writes otherwise")
            source = self._source(value)
            if isinstance(value, ast.Name):
                return Argument(place, "", f"{{key: value for key, value in {source}.items() if value is not None}}")
        elif kinds != TEXT:
            self._asked.unsafe("it is not certain what its `params` are, and httpx leaves out nothing")
        return Argument(place)

    def _plain_dict(self, value: ast.expr) -> bool:
        """Whether it is a name for a dict that is written out, all of whose values are written as they are."""
        found = self._kinds.literal(value)
        return (
            isinstance(found, ast.Dict)
            and found is not value
            and all(key is not None and self._kinds.of(each) <= TEXT | NUMBER for key, each in literal_items(found))
        )

    def _pairs(self, node: ast.Dict, place: int, what: str) -> Argument:
        """A dict that is written out: None is left out and a bool written as Python does, as requests has it."""
        changed = False
        parts = []
        for key, value in literal_items(node):
            source = self._source(value)
            if key is None:
                self._asked.unsafe(f"`{what}` takes over another dict, whose values may be None or bools")
                parts.append(f"**{source}")
                continue
            kinds = self._kinds.of(value)
            if _is_none(value):
                changed = True
                continue
            if _otherwise(value):
                self._asked.refusal = f"a value of its `{what}` is written otherwise by httpx"
            elif kinds == BOOL:
                changed = True
                source = repr(str(value.value)) if isinstance(value, ast.Constant) else f"str({source})"
            elif kinds <= (TEXT | NUMBER | frozenset({"many"})):
                pass
            elif kinds & BYTES or kinds & DICT:
                self._asked.refusal = f"a value of its `{what}` is written otherwise by httpx"
            else:
                self._asked.unsafe(f"a value of `{what}` may be None or a bool, which httpx sends and writes otherwise")
            parts.append(f"{self._source(key)}: {source}")
        if what == "data" and changed and not parts:
            self._asked.refusal = "of its form nothing is left, which requests says in another way"
        return Argument(place, "", f"{{{', '.join(parts)}}}" if changed else "")

    def _data(self, value: ast.expr, place: int) -> Argument | None:
        if _is_none(value):
            return None
        if isinstance(value, ast.Dict):
            return self._pairs(value, place, "data")
        if self._plain_dict(value):
            return Argument(place)
        kinds = self._kinds.of(value)
        if kinds <= TEXT | BYTES:
            return Argument(place, "content")
        if kinds == DICT:
            self._asked.unsafe("a value of `data` may be None or a bool, which httpx sends and writes otherwise")
            return Argument(place)
        self._asked.refusal = "it is not known to be a body that httpx's client can send"
        return None

    def _json(self, value: ast.expr, place: int) -> Argument | None:
        return None if _is_none(value) else Argument(place)

    def _files(self, value: ast.expr, place: int) -> Argument | None:
        """Files with a name and content that is in memory: httpx says of each what type it guesses."""
        if _is_none(value):
            return None
        for key, each in literal_items(value):
            match each:
                case ast.Tuple(elts=[name, content, *_]) if key is not None:
                    if not (self._kinds.of(name) <= TEXT and self._kinds.of(content) <= BYTES):
                        self._asked.refusal = "it sends a file that is not known to be bytes in memory"
                case _:
                    self._asked.refusal = "it sends a file to which httpx gives another name"
        if not isinstance(value, ast.Dict):
            self._asked.refusal = "its files are put together while it runs"
        self._asked.unsafe("httpx says of what type it takes each file to be")
        return Argument(place)

    def _headers(self, value: ast.expr, place: int) -> Argument | None:
        if _is_none(value):
            return None
        kept, changed = [], False
        for key, each in literal_items(value):
            kinds = self._kinds.of(each)
            if key is not None and _is_none(each):
                changed = True
                continue
            kept.append(f"{self._source(key)}: {self._source(each)}" if key else f"**{self._source(each)}")
            if key is None or not kinds <= TEXT | BYTES:
                self._asked.unsafe("a header's value may be None, which requests leaves out and httpx refuses")
            elif kinds != BYTES:
                self._ascii(each, "a header")
        if changed:
            # Without a value, requests does not send its own header of that name either.
            self._asked.refusal = "a header without a value takes requests' own away"
        found = self._kinds.literal(value)
        for _, each in literal_items(found) if found is not value else ():
            self._ascii(each, "a header")
        texts = all(key is not None and self._kinds.of(each) <= TEXT | BYTES for key, each in literal_items(found))
        if not isinstance(found, ast.Dict) or (found is not value and not texts):
            self._asked.unsafe("a header's value may be None, which requests leaves out and httpx refuses")
        return Argument(place)

    def _timeout(self, value: ast.expr, place: int) -> Argument | None:
        match value:
            case ast.Constant(value=0):
                self._asked.refusal = "a time limit of 0 is an error in requests"
            case ast.Tuple(elts=[connect, read]):
                text = f"{LIBRARY}.Timeout({self._source(read)}, connect={self._source(connect)})"
                return Argument(place, "", text)
        if isinstance(value, ast.Tuple):
            self._asked.refusal = "its time limit is no pair"
        elif not self._kinds.of(value) <= NUMBER | NONE:
            self._asked.unsafe("it is not certain that the time limit is a number or None")
        return Argument(place)

    def _allow_redirects(self, value: ast.expr, place: int) -> Argument:  # noqa: ARG002
        return Argument(place, "follow_redirects")

    def _auth(self, value: ast.expr, place: int) -> Argument | None:
        if _is_none(value):
            return None
        match value:
            case ast.Tuple(elts=[user, password]):
                if not all(self._kinds.of(each) <= TEXT | NONE for each in (user, password)):
                    self._asked.unsafe("it is not certain that name and password are text")
                for each in (user, password):
                    self._ascii(each, "a login")
                return Argument(place)
            case ast.Call(args=[_, _], keywords=[]):
                name = dotted(value.func).rpartition(".")[2]
                inner = ", ".join(self._source(each) for each in value.args)
                if name in catalog.http()["logins"]:
                    self._asked.unsafe("the login is written anew")
                    return Argument(place, "", f"{LIBRARY}.{catalog.http()['logins'][name]}({inner})")
        self._asked.refusal = "its login is an object that httpx may not take"
        return None

    def _cookies(self, value: ast.expr, place: int) -> Argument | None:  # noqa: ARG002
        if not _is_none(value):
            self._asked.cookies = self._source(value)
            self._asked.unsafe("its cookies are given to the client, which sends them after redirects as well")
            if not isinstance(value, ast.Dict | ast.Name):
                self._asked.refusal = "its cookies are put together while it runs"
        return None

    def _verify(self, value: ast.expr, place: int) -> Argument | None:  # noqa: ARG002
        match value:
            case ast.Constant(value=True):
                return None
            case ast.Constant(value=False):
                self._asked.verify = "False"
                self._asked.unsafe("the client, not the call, is told not to look at certificates")
            case _:
                self._asked.refusal = "which certificates it trusts is decided while it runs"
        return None

    def _stream(self, value: ast.expr, place: int) -> Argument | None:  # noqa: ARG002
        match value:
            case ast.Constant(value=True):
                self._asked.streams = True
            case ast.Constant(value=False | None):
                pass
            case _:
                self._asked.refusal = "whether its answer is read part by part is decided while it runs"
        return None

    def _ascii(self, value: ast.expr, what: str) -> None:
        """Signs outside of ASCII: httpx refuses them in headers, and writes them as UTF-8 in logins."""
        signs = beyond_ascii(self._kinds, value, what)
        if signs is not None and signs.level == "manual":
            self._asked.refusal = signs.reason
        elif signs is not None:
            self._asked.hazards.append(signs)

    # All together

    def _finish(self, node: ast.Call, given: Mapping[str, ast.expr]) -> None:
        asked = self._asked
        names = {name for name, _, _ in asked.arguments}
        if asked.method == "head" and "follow_redirects" not in names:
            self._add("follow_redirects", "False")
        if "json" in names and names & {"data", "content"}:
            asked.refusal = "of `data` and `json`, requests takes the first and httpx both"
        verb: tuple[str, Argument, ast.expr] = ("method", Argument(-1, "", repr(asked.method.upper())), node)
        if asked.streams:
            asked.arguments[:0] = [verb] if asked.method != "request" else []
            asked.method = "stream"
        elif names & _BODY and asked.method not in _WITH_BODY:
            asked.arguments.insert(0, verb)
            asked.method = "request"
        told = given.get("method")
        posts = asked.method == "post" or (isinstance(told, ast.Constant) and str(told.value).upper() == "POST")
        if names & _BODY and asked.follows and not posts:
            asked.unsafe("where a redirect keeps the method, httpx sends the body again, and requests leaves it out")
        places = {each.place for _, each, _ in asked.arguments}
        dropped = len(places - {-1}) < len(given)
        changed = [node] if dropped else [value for _, each, value in asked.arguments if each.text and each.place >= 0]
        if any("#" in text and "\n" in text for text in map(self._source, changed)):
            asked.refusal = "a comment stands among arguments that change"

    def _add(self, name: str, text: str) -> None:
        self._asked.arguments.append((name, Argument(-1, name, text), ast.Constant(None)))

    def _query(self, url: ast.expr) -> None:
        """Httpx puts `params` in place of a query that the address has, requests adds them."""
        if isinstance(url, ast.Constant) and "?" not in str(url.value):
            return
        if "?" in self._source(url):
            self._asked.refusal = "its address has a query, which httpx would replace by `params`"
        else:
            self._asked.unsafe("if the address has a query of its own, httpx replaces it by `params`")

    def _source(self, node: ast.expr) -> str:
        return ast.get_source_segment(self._opened.text, node) or ast.unparse(node)


_HANDLERS: Mapping[str, Callable[[Reader, ast.expr, int], Argument | None]] = {
    "allow_redirects": Reader._allow_redirects,  # noqa: SLF001 (they are this module's own)
    "auth": Reader._auth,  # noqa: SLF001
    "cookies": Reader._cookies,  # noqa: SLF001
    "data": Reader._data,  # noqa: SLF001
    "files": Reader._files,  # noqa: SLF001
    "headers": Reader._headers,  # noqa: SLF001
    "json": Reader._json,  # noqa: SLF001
    "method": Reader._verb,  # noqa: SLF001
    "params": Reader._params,  # noqa: SLF001
    "stream": Reader._stream,  # noqa: SLF001
    "timeout": Reader._timeout,  # noqa: SLF001
    "url": Reader._url,  # noqa: SLF001
    "verify": Reader._verify,  # noqa: SLF001
}


def beyond_ascii(kinds: Kinds, value: ast.expr, what: str) -> Hazard | None:
    """What stands against a text that may have signs outside of ASCII."""
    if kinds.ascii(value):
        return None
    texts = [each.value for each in ast.walk(value) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    if all(each.isascii() and each.isprintable() for each in texts):
        return Hazard("unsafe", f"{what} may have signs outside of ASCII, which httpx writes in another way")
    return Hazard("manual", f"{what} has signs that httpx writes in another way")


def _otherwise(value: ast.expr) -> bool:
    """Whether a value is written out that only requests takes apart."""
    match value:
        case ast.Set() | ast.SetComp() | ast.GeneratorExp() | ast.Call(func=ast.Name(id="range" | "set")):
            return True
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            beyond = (ast.List, ast.Tuple, ast.Dict, ast.Set)
            return any(isinstance(each, beyond) or _is_none(each) or _is_bool(each) for each in parts)
    return False


def _is_bool(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
