"""Ask other services without holding the loop: `requests` becomes `httpx.AsyncClient`.

## What it does

`requests.get(…)` in a coroutine becomes `await client.get(…)`, with a client that behaves as requests does: no time
limit unless one is given, redirects followed. All calls of a function share one `async with` block; the context for
certificates is made once, when the module is imported, because making it takes 25 ms of the loop's time. Arguments,
what is read of the answers and the exceptions that are caught get httpx's names.

`httpx2` is used where the project declares it (or by the setting `http-client`): httpx itself is no longer maintained,
and httpx2 continues it under another name.

## Why

A thread waits for each answer otherwise, and there are 40 of them. A service that asks other services all the time
serves as many requests at once as there are connections.

## Example

```python
import requests


async def find_user(name: str) -> User | None:
    reply = requests.get(f"{DIRECTORY}/{name}", timeout=5)
    if not reply.ok:
        return None
    return User(**reply.json())
```

becomes

```python
import httpx

_SSL_CTX = httpx.create_ssl_context()


async def find_user(name: str) -> User | None:
    async with httpx.AsyncClient(
        verify=_SSL_CTX, follow_redirects=True, max_redirects=30
    ) as client:
        reply = await client.get(f"{DIRECTORY}/{name}", timeout=5)
    if reply.is_error:
        return None
    return User(**reply.json())
```

It comes into play with `--codemod http`, with the setting
`prefer = "async"` (or `--prefer async`), and of itself where nothing can differ and the project declares httpx.

## When it holds back

Not rewritten at all (`manual`), so that a thread makes the call as it is:

- the answer is handed on, or something is read of it that httpx does not have (`raw`, `iter_lines`);
- an answer is read part by part (`stream=True`), files are sent, or certificates, proxies or a login are objects;
- the body is a list of pairs, a file or a generator, the arguments are put together while it runs (`**options`), or an
  address or `params` are written in another way by httpx;
- something further up catches what requests raises, or a handler in the function looks into the exception;
- an await may do harm where the call stands: under a lock, in a transaction, amid a change of what others share.

Only with `--unsafe`:

- httpx is not among the project's dependencies;
- tests mock requests: they would no longer meet the call;
- something may differ: what has no type may be no text, a value may be None, text without a charset is read otherwise,
  `raise_for_status` and handlers get other classes of exceptions;
- several calls share a client: a cookie that a redirect sets is not sent on, so that none leaks from call to call.

What differs always: the `User-Agent`, the blanks in JSON bodies, and that httpx does not read `.netrc` and
`REQUESTS_CA_BUNDLE` (a project that names one of them is left to the threads).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, AddImport, Define, Recast, Reword, Within
from codemods.facts.opened import name_of
from codemods.facts.values import dotted
from codemods.hazards import Hazard, patched, worst
from codemods.mods.codemod import Speak, Verdict
from codemods.mods.http.answers import Answers
from codemods.mods.http.blocks import around
from codemods.mods.http.calls import Reader
from codemods.mods.http.errors import Errors, registered
from codemods.mods.offload.regions import Surgeon
from codemods.mods.offload.words import unlike
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.edits import Edit
    from codemods.hazards import Situation
    from codemods.mods.codemod import Project, Work
    from codemods.mods.http.calls import Asked

KINDS = ("http",)
TWIN = True

_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp)
_ELSEWHERE = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", ".netrc")


@dataclass
class _Member:
    """A call that may go to httpx."""

    number: int
    situation: Situation
    node: ast.Call
    asked: Asked
    refusal: str = ""
    hazards: list[Hazard] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    covered: list[ast.AST] = field(default_factory=list)


def decide(work: Work) -> list[Verdict | None]:
    """What becomes of the calls of requests in one coroutine: all that can go, go together."""
    found: list[Verdict | None] = [None] * len(work.situations)
    module = work.situations[0].site.module
    if is_test(module.path) or module.facts.scopes[work.function.scope].kind != "async def":
        return found
    members = [_Member(n, each, node, Reader(each).read(node, method)) for n, each, node, method in _ours(work)]
    for member in members:
        member.refusal = member.asked.refusal
    if members:
        _Function(work, members).decide(found)
    return found


def _ours(work: Work) -> Iterator[tuple[int, Situation, ast.Call, str]]:
    """The calls of requests' own functions."""
    methods = catalog.http()["functions"]
    for number, situation in enumerate(work.situations):
        site = situation.site
        library, _, method = site.entry.name.rpartition(".")
        if (
            library in {"requests", "requests.api"}
            and method in methods
            and not site.chain
            and isinstance(situation.node, ast.Call)
            and not work.settled[number]
        ):
            yield number, situation, situation.node, method


class _Function:
    """One coroutine's calls, which share a client."""

    def __init__(self, work: Work, members: list[_Member]) -> None:
        self.work = work
        self.project: Project = work.project
        self.opened = work.situations[0].opened
        self.module = work.situations[0].site.module
        function = self.opened.nodes[work.function.scope]
        assert isinstance(function, ast.AsyncFunctionDef)  # noqa: S101 (`decide` sees to it)
        self.function = function
        self.members = members
        self.errors = Errors(work)
        self.library = client_of(self.project, self.module.path)
        self.handlers: dict[ast.ExceptHandler, list[Reword]] = {}

    def decide(self, found: list[Verdict | None]) -> None:
        """Put in a verdict for each call."""
        for member in self.members:
            self._alone(member)
        self._together()
        going = [member for member in self.members if not member.refusal]
        block = self._block(going) if going else ""
        statements = [] if isinstance(block, str) else block
        if isinstance(block, str):
            for member in going:
                member.refusal = block
            going = []
        for member in self.members:
            if member.refusal:
                found[member.number] = Verdict("manual", member.refusal)
        if not going:
            return
        hazards = [hazard for member in going for hazard in (*member.hazards, *member.asked.hazards)]
        hazard = worst([*hazards, *self._of_all(going)])
        change = Speak(self.library, tuple(self._edits(going, statements)))
        calm = f"{self.library}'s client asks the same and lets the loop go on"
        verdict = Verdict("unsafe", hazard.reason, change) if hazard else Verdict("safe", calm, change)
        settled = {node for member in going for node in (member.node, *member.covered)}
        for number, situation in enumerate(self.work.situations):
            if situation.node in settled and not situation.site.chain:
                found[number] = verdict

    def _alone(self, member: _Member) -> None:
        """What stands against one call."""
        if member.refusal:
            return
        situation = member.situation
        resolved = situation.program.resolve(self.module, situation.site.call.scope, situation.site.call.callee)
        if resolved.only is None:
            member.refusal = f"`{situation.site.call.callee}` may stand for something else as well"
            return
        hazard = worst([*self.project.of_await(situation), *patched.hazards(situation)])
        if hazard is not None and hazard.level == "manual":
            member.refusal = hazard.reason
        elif hazard is not None:
            member.hazards.append(hazard)

    def _together(self) -> None:
        """Leave out calls until those that are left need none of the others."""
        answers = Answers(self.opened, self.function)
        while True:
            before = sum(bool(member.refusal) for member in self.members)
            going = {member.node for member in self.members if not member.refusal}
            for member in self.members:
                if not member.refusal:
                    uses = answers.of(member.node, set(going))
                    member.refusal = uses.refusal or self._tried(member, set(going))
                    member.covered = uses.covered
                    member.edits = [*uses.edits]
                    member.hazards = [*(h for h in member.hazards if h not in uses.hazards), *uses.hazards]
            if before == sum(bool(member.refusal) for member in self.members):
                return

    def _tried(self, member: _Member, going: set[ast.AST]) -> str:
        """Why the handlers around a call cannot follow it."""
        for block in self.errors.tries(member.node):
            for handler in block.handlers:
                edits, refusal = self.errors.reworded(handler)
                if refusal:
                    return refusal
                if not edits:
                    continue
                inside = {node for statement in block.body for node in ast.walk(statement)}
                for situation in self.work.situations:
                    if situation.node in inside and situation.node not in going and _may_ask(situation):
                        return f"line {situation.node.lineno}, under the same `try`, stays with requests"
                self.handlers[handler] = edits
                hazard = Hazard("unsafe", f"the `except` of line {handler.lineno} catches httpx's exceptions instead")
                if hazard not in member.hazards:
                    member.hazards.append(hazard)
        return ""

    def _of_all(self, going: list[_Member]) -> Iterator[Hazard]:
        """What a person should look at, for all calls at once."""
        if self.library not in self.project.runtime(self.module.path):
            yield Hazard("unsafe", f"{self.library} is not among the dependencies that the project declares")
        if self._shares(going):
            yield Hazard("unsafe", "calls share a client, so a cookie that a redirect sets is not sent on")
        yield from self.project.once("http: mocks", lambda: list(_mocks(self.project)))
        yield from self.project.once("http: registered", lambda: list(registered(self.project)))

    def _shares(self, going: list[_Member]) -> bool:
        return len(going) > 1 or any(
            isinstance(above, _LOOPS) for above, _ in self.opened.ancestors(going[0].node) if above is not self.function
        )

    def _block(self, going: list[_Member]) -> list[ast.stmt] | str:
        """The statements that go into the client's block, or why there is none."""
        hazard = worst(self._of_all(going))
        if hazard is not None and hazard.level == "manual":
            return hazard.reason
        elsewhere = self.project.once("http: elsewhere", lambda: _named_elsewhere(self.project))
        if elsewhere:
            return f"{elsewhere} is for requests, and httpx does not read it"
        above = self.errors.above()
        if above:
            return f"{above} catches what requests raises, and would not catch httpx's exceptions"
        special = [m for m in going if m.asked.verify or m.asked.cookies]
        if special and self._shares(going):
            return "what it tells the client is not for the other calls that would share it"
        surgeon = Surgeon(self.opened, self.function, ())
        found = around(self.opened, surgeon, self.function, [member.node for member in going])
        return found if isinstance(found, str) else list(found)

    def _edits(self, going: list[_Member], statements: list[ast.stmt]) -> Iterator[Edit]:
        client = unlike("client", {name_of(n) or getattr(n, "arg", "") for n in ast.walk(self.function)})
        context = self._constant("_SSL_CTX", f"{LIBRARY}.create_ssl_context()")
        cookies = self._constant("_NO_COOKIES", "CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))")
        for member in going:
            call = member.situation.site.call
            arguments = tuple(argument for _, argument, _ in member.asked.arguments)
            place = (call.statement, call.number - self.module.facts.first_calls[call.statement])
            yield Recast(*place, dotted(member.node.func), f"{client}.{member.asked.method}", arguments)
            yield from member.edits
        for handler, edits in self.handlers.items():
            if any(handler in block.handlers for member in going for block in self.errors.tries(member.node)):
                yield from edits
        first, last = statements[0], statements[-1]
        lines = (first.lineno, last.end_lineno or last.lineno)
        yield Within(
            self.opened.top(first),
            self.opened.number(first, ast.stmt),
            self.opened.number(last, ast.stmt),
            f"async with {self._client(going, context.name, cookies.name)} as {client}",
            lines,
        )
        if context.text and not any(member.asked.verify for member in going):
            yield context
        if cookies.text and self._shares(going):
            yield cookies
            yield AddImport("http.cookiejar", "", "CookieJar")
            yield AddImport("http.cookiejar", "", "DefaultCookiePolicy")

    def _constant(self, name: str, value: str) -> Define:
        """A constant of the module, without a text where it is there already."""
        top = [each for each in self.opened.tree.body if isinstance(each, ast.Assign)]
        names = {
            target.id: ast.unparse(each.value)
            for each in top
            for target in each.targets
            if isinstance(target, ast.Name)
        }
        if names.get(name) == value.replace(LIBRARY, self.library):
            return Define(name, "")
        free = unlike(name, self.opened.identifiers - {name} if name not in names else self.opened.identifiers)
        return Define(free, f"{free} = {value}")

    def _client(self, going: list[_Member], context: str, no_cookies: str) -> str:
        """A client that behaves as requests does."""
        verify = next((m.asked.verify for m in going if m.asked.verify), context)
        cookies = no_cookies if self._shares(going) else next((m.asked.cookies for m in going), "")
        limited = all(any(name == "timeout" for name, _, _ in member.asked.arguments) for member in going)
        options = [
            f"verify={verify}",
            *([] if limited else ["timeout=None"]),
            "follow_redirects=True",
            "max_redirects=30",
        ]
        options += [f"cookies={cookies}"] if cookies else []
        return f"{LIBRARY}.AsyncClient({', '.join(options)})"


def client_of(project: Project, path: str) -> str:
    """The library to use: the one that the settings or a file's project name, for running before working on it."""
    if project.http_client != "auto":
        return project.http_client
    named = (
        name for names in (project.runtime(path), project.named(path)) for name in ("httpx2", "httpx") if name in names
    )
    return next(named, "httpx")


def _may_ask(situation: Situation) -> bool:
    """Whether a site may raise what requests raises."""
    return situation.site.entry.name.startswith("requests.")


def _mocks(project: Project) -> Iterator[Hazard]:
    """Tests that answer in place of a server."""
    modules = frozenset(catalog.http()["mocks"]["modules"])
    for module in project.program.modules.values():
        found = sorted(module.imported_roots & modules)
        if found:
            yield Hazard("unsafe", f"{module.shown} answers for requests with {found[0]}, which httpx does not ask")
            return


def _named_elsewhere(project: Project) -> str:
    for _, text in project.texts():
        for name in _ELSEWHERE:
            if name in text:
                return name
    return ""
