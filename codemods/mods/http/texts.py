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
    from collections.abc import Iterator, Sequence

    from codemods.edits import Edit
    from codemods.facts import Opened
    from codemods.mods.http.member import Member
    from codemods.mods.http.sessions import Session
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

    def session(self, session: Session, members: Sequence[Member]) -> Iterator[Edit]:
        """A session as a client, and its calls."""
        yield from self._calls(members, session.name)
        context = self._constant("_SSL_CTX", _CONTEXT)
        options = [*_options(members, session.options.get("verify", context.name), "")]
        options += [pair for pair in session.options.items() if pair[0] != "verify"]
        arguments = tuple(Argument(-1, name, text) for name, text in options)
        call = self._module.calls[self._opened.call_numbers[session.made]]
        place = self._module.facts.numbers(call)
        yield Recast(*place, dotted(session.made.func), f"{LIBRARY}.AsyncClient", arguments, awaited=False)
        number = self._opened.number(session.block, ast.stmt)
        if isinstance(session.block, ast.With):
            yield AsyncBlock(call.statement, number, session.block.lineno)
        elif session.inside:
            last = session.inside[-1]
            # The comments between go with what they stand above.
            lines = (session.block.end_lineno or session.block.lineno) + 1, last.end_lineno or last.lineno
            yield Enter(call.statement, number, self._opened.number(last, ast.stmt), lines)
        else:
            yield from self._closings(session)
        for statement in session.dropped:
            lines = statement.lineno, statement.end_lineno or statement.lineno
            yield DropStatement(call.statement, self._opened.number(statement, ast.stmt), lines)
        yield from session.edits
        if context.text and "verify" not in session.options:
            yield context

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
