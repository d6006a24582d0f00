"""What is written: the client and its block, its calls, and the constants that the module needs for them."""

from __future__ import annotations

import ast
from http import HTTPStatus
from typing import TYPE_CHECKING

from codemods.edits import LIBRARY, AddImport, Argument, AsyncBlock, Define, Recast, Reword, Within
from codemods.facts.opened import name_of
from codemods.facts.values import dotted, unlike

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.edits import Edit
    from codemods.facts import Opened
    from codemods.mods.http.member import Member
    from codemods.program import Module, Program

_CONTEXT = f"{LIBRARY}.create_ssl_context()"
_NO_COOKIES = "CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))"


class Texts:
    """Asked for the edits of one function."""

    def __init__(self, opened: Opened, module: Module, function: ast.AsyncFunctionDef, library: str) -> None:
        self._opened = opened
        self._module = module
        self._function = function
        self._library = library

    def block(
        self, members: Sequence[Member], statements: Sequence[ast.stmt], *, shared: bool, own: bool = False
    ) -> Iterator[Edit]:
        """The client's block around some statements, and its calls."""
        client = unlike("client", {name_of(n) or getattr(n, "arg", "") for n in ast.walk(self._function)})
        yield from self._calls(members, client)
        context = self._constant("_SSL_CTX", _CONTEXT)
        jar = self._constant("_NO_COOKIES", _NO_COOKIES)
        verify = next((member.asked.verify for member in members if member.asked.verify), "")
        cookies = jar.name if shared else next((member.asked.cookies for member in members), "")
        options = list(_options(members, verify or context.name, cookies))
        # httpx's own functions follow no redirects, and have httpx's own time limit.
        options = [each for each in options if each[0] in {"verify", "cookies"}] if own else options
        made = ", ".join(f"{name}={text}" for name, text in options)
        first, last = statements[0], statements[-1]
        # A decorated function begins with its decorators.
        heads = [each.lineno for each in getattr(first, "decorator_list", ())]
        yield Within(
            self._opened.top(first),
            self._opened.number(first, ast.stmt),
            self._opened.number(last, ast.stmt),
            f"async with {LIBRARY}.AsyncClient({made}) as {client}",
            (min([first.lineno, *heads]), last.end_lineno or last.lineno),
        )
        if context.text and not verify:
            yield context
        if jar.text and shared:
            yield jar
            yield AddImport("http.cookiejar", "", "CookieJar")
            yield AddImport("http.cookiejar", "", "DefaultCookiePolicy")

    def session(self, block: ast.With, members: Sequence[Member]) -> Iterator[Edit]:
        """A session's block as a client's, and its calls."""
        made, given = block.items[0].context_expr, block.items[0].optional_vars
        assert isinstance(made, ast.Call)  # noqa: S101 (`session_of` asks for both)
        assert isinstance(given, ast.Name)  # noqa: S101
        yield from self._calls(members, given.id)
        context = self._constant("_SSL_CTX", _CONTEXT)
        arguments = tuple(Argument(-1, name, text) for name, text in _options(members, context.name, ""))
        call = self._module.calls[self._opened.call_numbers[made]]
        yield Recast(
            *self._module.facts.numbers(call), dotted(made.func), f"{LIBRARY}.AsyncClient", arguments, awaited=False
        )
        yield AsyncBlock(call.statement, self._opened.number(block, ast.stmt), block.lineno)
        if context.text:
            yield context

    def codes(self, program: Program) -> Iterator[Edit]:
        """`requests.codes.ok` as a code of httpx."""
        for node in ast.walk(self._function):
            name = dotted(node) if isinstance(node, ast.Attribute) else ""
            for each in program.resolve(self._module, self._opened.scope(node), name).outside if name else ():
                owner, _, code = each.rpartition(".")
                if (
                    owner in {"requests.codes", "requests.status_codes.codes"}
                    and code.upper() in HTTPStatus.__members__
                ):
                    assert isinstance(node, ast.Attribute)  # noqa: S101 (others have no dotted name here)
                    yield Reword(*self._opened.mention(node), f"{LIBRARY}.codes.{code.upper()}")

    def _calls(self, members: Sequence[Member], client: str) -> Iterator[Recast]:
        for member in members:
            call = member.situation.site.call
            arguments = tuple(argument for _, argument, _ in member.asked.arguments)
            function = f"{client}.{member.asked.method}"
            yield Recast(
                *self._module.facts.numbers(call),
                dotted(member.node.func),
                function,
                arguments,
                awaited=not member.asked.streams,
            )

    def _constant(self, name: str, value: str) -> Define:
        """A constant of the module, without a text where it is there already."""
        names = {
            target.id: ast.unparse(each.value)
            for each in self._opened.tree.body
            if isinstance(each, ast.Assign)
            for target in each.targets
            if isinstance(target, ast.Name)
        }
        if names.get(name) == value.replace(LIBRARY, self._library):
            return Define(name, "")
        free = unlike(name, self._opened.identifiers)
        return Define(free, f"{free} = {value}")


def _options(members: Sequence[Member], verify: str, cookies: str) -> Iterator[tuple[str, str]]:
    """What makes a client behave as requests does."""
    yield "verify", verify
    if not all(any(name == "timeout" for name, _, _ in member.asked.arguments) for member in members):
        yield "timeout", "None"
    yield "follow_redirects", "True"
    yield "max_redirects", "30"
    if cookies:
        yield "cookies", cookies
