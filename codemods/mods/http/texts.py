"""What is written: the client and its block, its calls, and the constants that the module needs for them."""

from __future__ import annotations

import ast
from http import HTTPStatus
from typing import TYPE_CHECKING

from codemods.edits import (
    LIBRARY,
    AddImport,
    Argument,
    AsyncBlock,
    AwaitTwin,
    Define,
    DropStatement,
    Enter,
    Recast,
    Reword,
    Within,
)
from codemods.facts.opened import name_of
from codemods.facts.values import dotted, unlike

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codemods.edits import Edit
    from codemods.facts import Opened
    from codemods.mods.http.member import Member
    from codemods.mods.http.sessions import Session
    from codemods.program import Module, Program

_CONTEXT = f"{LIBRARY}.create_ssl_context()"
_NO_COOKIES = "CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))"


class Texts:
    """Asked for the edits of one function."""

    def __init__(self, opened: Opened, module: Module, function: ast.AST, library: str) -> None:
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
        if shared:
            yield from self._jar()

    def session(self, session: Session, members: Sequence[Member]) -> Iterator[Edit]:
        """A session as a client, and its calls."""
        yield from self._calls(members, session.name)
        if session.kept:
            return
        yield from self.client(session, _options(members, self._verify(session), ""))
        top, number = self._opened.top(session.block), self._opened.number(session.block, ast.stmt)
        if isinstance(session.block, ast.With):
            yield AsyncBlock(top, number, session.block.lineno)
        elif session.inside:
            last = session.inside[-1]
            # The comments between go with what they stand above.
            lines = (session.block.end_lineno or session.block.lineno) + 1, last.end_lineno or last.lineno
            yield Enter(top, number, self._opened.number(last, ast.stmt), lines)
        else:
            yield from self._closings(session)

    def client(self, session: Session, options: Iterable[tuple[str, str]]) -> Iterator[Edit]:
        """A client in the place of a session, with what it is told."""
        told = [pair for pair in session.options.items() if pair[0] != "verify"]
        arguments = tuple(Argument(-1, name, text) for name, text in (*options, *told))
        call = self._module.calls[self._opened.call_numbers[session.made]]
        place = self._module.facts.numbers(call)
        yield Recast(*place, dotted(session.made.func), f"{LIBRARY}.AsyncClient", arguments, awaited=False)
        for statement in session.dropped:
            lines = statement.lineno, statement.end_lineno or statement.lineno
            yield DropStatement(self._opened.top(statement), self._opened.number(statement, ast.stmt), lines)
        yield from session.edits
        context = self._constant("_SSL_CTX", _CONTEXT)
        if context.text and "verify" not in session.options:
            yield context
        if session.kept:
            yield from self._jar()

    def kept(self, session: Session, connections: int, *, limited: bool) -> Iterator[tuple[str, str]]:
        """What makes a client behave as a session that a module keeps, with so many connections kept open."""
        yield "verify", self._verify(session)
        yield from _behaviour(limited=limited)
        yield "limits", f"{LIBRARY}.Limits(max_connections=None, max_keepalive_connections={connections})"
        yield "cookies", self._constant("_NO_COOKIES", _NO_COOKIES).name

    def _verify(self, session: Session) -> str:
        return session.options.get("verify", self._constant("_SSL_CTX", _CONTEXT).name)

    def _jar(self) -> Iterator[Edit]:
        """A constant for cookies that none keeps."""
        jar = self._constant("_NO_COOKIES", _NO_COOKIES)
        if jar.text:
            yield jar
            yield AddImport("http.cookiejar", "", "CookieJar")
            yield AddImport("http.cookiejar", "", "DefaultCookiePolicy")

    def _closings(self, session: Session) -> Iterator[AwaitTwin]:
        for statement in session.closing:
            assert isinstance(statement.value, ast.Call)  # noqa: S101 (`Settings` asks for one)
            call = self._module.calls[self._opened.call_numbers[statement.value]]
            yield AwaitTwin(*self._module.facts.numbers(call), dotted(statement.value.func), f"{session.name}.aclose")

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
            function = f"{member.client or client}.{member.asked.method}"
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
    yield from _behaviour(
        limited=all(any(name == "timeout" for name, _, _ in each.asked.arguments) for each in members)
    )
    if cookies:
        yield "cookies", cookies


def _behaviour(*, limited: bool) -> Iterator[tuple[str, str]]:
    if not limited:
        yield "timeout", "None"
    yield "follow_redirects", "True"
    yield "max_redirects", "30"
