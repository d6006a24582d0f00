"""Sessions that a module keeps: clients of the application's lifespan, where every use of them is on its loop."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Insert
from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import unlike
from codemods.mods.codemod import Work
from codemods.mods.http.function import client_of
from codemods.mods.http.imported import imported
from codemods.mods.http.lifespan import Lifespan
from codemods.mods.http.sessions import MAKERS, Session
from codemods.mods.http.settings import Settings
from codemods.mods.http.shared import Shared
from codemods.mods.http.texts import Texts
from codemods.mods.uses import Uses
from codemods.program.classes import is_test
from codemods.program.values import Definition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codemods.edits import Edit
    from codemods.facts import Opened
    from codemods.hazards import Situation
    from codemods.mods.codemod import Project
    from codemods.mods.http.function import Function
    from codemods.program import Module

_LOGIN = re.compile(r"log_?in|sign_?in|auth|token|csrf", re.IGNORECASE)
# As many as requests keeps for one host, and then some.
_CONNECTIONS = 20
_COOKIES = "its session keeps cookies from call to call, and the client keeps none, so that none leaks"
_LIFE = "the client keeps connections open only in the application's lifespan"


@dataclass(eq=False)
class Kept:
    """A session that is a variable of a module, with all that the project does with it."""

    module: Module
    session: Session
    functions: set[Definition] = field(default_factory=set)
    """The coroutines that ask it."""
    others: dict[str, dict[Edit, None]] = field(default_factory=dict)
    """The other files that ask it, with what they have to import."""


class Sessions(Uses):
    """All sessions that modules of a project keep."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._sites = {
            (site.module.path, site.call.number): site
            for sites in project.sites.values()
            for site in sites
            if not site.chain and site.call.number >= 0
        }
        self._asked: dict[tuple[str, int], tuple[Kept, str]] = {}
        """By file and number of each call that asks one of them: which, and how the call names it from now on."""
        self._kept = list(self._found())
        self.elsewhere: tuple[tuple[str, tuple[Edit, ...]], ...] = ()
        """What changes outside of the functions, by file."""
        self._settled = False

    def of(self, situation: Situation) -> tuple[Session, str] | None:
        """The session whose method a call is, and the expression for the client that takes its place there."""
        found = self._asked.get((situation.site.module.path, situation.site.call.number))
        return (found[0].session, found[1]) if found is not None else None

    def settle(self, look: Callable[[Work], Function]) -> None:
        """Find out which of them can go, with all functions that ask them: `look` says what one function comes to."""
        if self._settled:
            return
        self._settled = True
        lifespan = self._project.once("http: lifespan", lambda: Lifespan(self._project))
        for kept in self._going():
            kept.session.refuse(lifespan.refusal and f"its session is kept by the module, and {lifespan.refusal}")
        before: list[Kept] = []
        while before != self._going():
            before = self._going()
            for function in sorted({each for one in before for each in one.functions}):
                for member in look(self._work(function)).members:
                    if member.session is not None and member.session.kept and member.refusal:
                        module = member.situation.site.module
                        kept, _ = self._asked[module.path, member.situation.site.call.number]
                        reason = f"{_place(kept, module, member.node)} stays with its session, which the module keeps"
                        kept.session.refuse(f"{reason}: {member.refusal}")
        if before:
            self._change(lifespan, before)

    def _change(self, lifespan: Lifespan, going: list[Kept]) -> None:
        edits: dict[str, list[Edit]] = defaultdict(list)
        openers: list[tuple[Module, str]] = []
        for kept in going:
            opened = self._project.open(kept.module.path)
            name = unlike(f"{kept.session.name.strip('_')}_kept_open", opened.identifiers)
            openers.append((kept.module, name))
            edits[kept.module.path] += self._written(kept, opened, name)
            for path, additions in kept.others.items():
                # A file without any goes with them as well: it cannot stay as it is.
                edits[path] += additions
        around = lifespan.around(openers)
        if isinstance(around, str):
            for kept in going:
                kept.session.refuse(f"its session is kept by the module, and {around}")
            return
        for path, edit in around:
            edits[path].append(edit)
        self.elsewhere = tuple((path, tuple(of_file)) for path, of_file in sorted(edits.items()))

    def _going(self) -> list[Kept]:
        return [kept for kept in self._kept if not kept.session.refusal]

    def _work(self, function: Definition) -> Work:
        sites = self._project.sites[function]
        found = [self._project.situation(site) for site in sorted(sites, key=lambda s: (s.call.place, s.call.number))]
        situations = tuple(each for each in found if each is not None)
        return Work(self._project, function, situations, (False,) * len(situations))

    # What is there

    def _found(self) -> Iterator[Kept]:
        for word in ("Session", "session"):
            for module, call in self._calls.calls_named(word):
                outside = self._project.program.resolve(module, call.scope, call.callee).outside if call.callee else ()
                if call.scope == 0 and call.number >= 0 and not MAKERS.isdisjoint(outside) and not is_test(module.path):
                    opened = self._project.open(module.path)
                    made = opened.calls[call.number]
                    match opened.parent(made):
                        case (
                            ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name))
                        ) as block:
                            if opened.parent(block) is opened.tree and not made.args and not made.keywords:
                                yield self._read(module, opened, Session(block, made, name, kept=True))

    def _read(self, module: Module, opened: Opened, session: Session) -> Kept:
        kept = Kept(module, session)
        made = module.calls[opened.call_numbers[session.made]]
        some = next(iter(self._sites.values()), None)
        site = replace(some, module=module, call=made, function=0, chain=()) if some is not None else None
        situation = self._project.situation(site) if site is not None else None
        if situation is None:
            session.refuse("nothing on the loop asks its session")
            return kept
        _OfModule(situation, opened.tree, session).read()
        for call in session.calls:
            self._ask(kept, module, opened, call, session.name)
        for use in Shared(self._project, module, session.name).uses():
            session.refuse(use.refusal)
            if use.call is not None:
                kept.others.setdefault(use.module.path, {}).update({use.addition: None} if use.addition else {})
                session.calls.append(use.call)
                self._ask(kept, use.module, self._project.open(use.module.path), use.call, use.client)
        for path in (module.path, *kept.others):
            if path not in self._project.within:
                shown = self._modules[path].shown
                session.refuse(f"{shown} has to do with its session, and is not among the paths given")
        session.unsafe(f"{_COOKIES}; and {_LIFE}")
        session.refuse("" if kept.functions else "nothing on the loop asks its session")
        return kept

    def _ask(self, kept: Kept, module: Module, opened: Opened, call: ast.Call, client: str) -> None:
        """A call that asks a session, by the name that the client is to have there."""
        session, number = kept.session, opened.call_numbers[call]
        self._asked[module.path, number] = kept, client
        site = self._sites.get((module.path, number))
        place = _place(kept, module, call)
        if site is None or module.facts.scopes[site.function].kind != "async def":
            session.refuse(f"{place} asks its session, which the module keeps, outside of a coroutine")
        else:
            kept.functions.add(Definition(module.path, site.function))
        if _logs_in(call):
            session.refuse(f"{place} may log in, which its session remembers by cookies")

    # What is written

    def _written(self, kept: Kept, opened: Opened, name: str) -> Iterator[Edit]:
        """The client in the session's place, and what keeps another one's connections open in the lifespan.

        Connections belong to an event loop. Outside of the lifespan nobody knows which one runs, so none is kept there.
        """
        session, module = kept.session, kept.module
        texts = Texts(opened, module, opened.tree, client_of(self._project, module.path)[0])
        limited = all(any(keyword.arg == "timeout" for keyword in call.keywords) for call in session.calls)
        yield from texts.client(session, texts.kept(session, 0, limited=limited))
        manager, managing = imported(opened, "contextlib", "asynccontextmanager")
        iterator, iterating = imported(opened, "collections.abc", "AsyncIterator")
        yield from filter(None, (managing, iterating))
        options = dict(texts.kept(session, _CONNECTIONS, limited=limited))
        options |= {each: f"{session.name}.{each}" for each in sorted(set(session.told))}
        arguments = "".join(f"        {each}={text},\n" for each, text in options.items())
        text = (
            f"@{manager}\nasync def {name}() -> {iterator}[None]:\n"
            f'    """Keep connections open while the application runs: they belong to its event loop."""\n'
            f"    global {session.name}\n    before = {session.name}\n"
            f"    async with {LIBRARY}.AsyncClient(\n{arguments}    ) as {session.name}:\n"
            f"        try:\n            yield\n        finally:\n            {session.name} = before\n"
        )
        stays = [node for node in session.telling if opened.statement(node) not in session.dropped]
        yield Insert(max([opened.top(session.block), *map(opened.top, stays)]), text, below=True)


class _OfModule(Settings):
    """What a module tells the session that it keeps, before it is asked."""

    def read(self) -> Session:
        """All that the module does with it."""
        session = self.session
        for node in walk(self.opened.tree):
            match node:
                case ast.Name(id=name) if name == session.name and self._is_ours(node):
                    self._mentioned(node)
        self.annotated()
        return session

    def _is_ours(self, node: ast.Name) -> bool:
        given = self.opened.parent(node) is self.session.block and isinstance(node.ctx, ast.Store)
        return not given and self.module.holder(self.opened.scope(node), node.id) == 0

    def _mentioned(self, node: ast.Name) -> None:
        session, above = self.session, self.opened.parent(node)
        beyond = self.opened.parent(above) if above is not None else None
        asked = isinstance(above, ast.Attribute) and above.attr in catalog.http()["session"]["methods"]
        if not isinstance(above, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            session.refuse(f"its session, which the module keeps, is handed on or set anew in line {node.lineno}")
        elif asked and isinstance(beyond, ast.Call) and beyond.func is above:
            session.calls.append(beyond)
        elif self.opened.function(node) is not self.opened.tree:
            session.refuse(f"its session, which the module keeps, is told something in line {node.lineno}")
        elif above.attr == "cookies":
            session.refuse(f"its session, which the module keeps, gets cookies in line {node.lineno}")
        else:
            session.telling.append(node)
            self.attribute(above)
            if session.closing:
                session.refuse(f"its session, which the module keeps, is closed in line {node.lineno}")


def _place(kept: Kept, module: Module, call: ast.Call) -> str:
    return f"line {call.lineno}" if module is kept.module else f"{module.shown}:{call.lineno}"


def _logs_in(call: ast.Call) -> bool:
    """Whether an address speaks of a login."""
    texts = [each.value for each in ast.walk(call) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    names = [name_of(each) for each in ast.walk(call) if isinstance(each, ast.Name | ast.Attribute)]
    posts = isinstance(call.func, ast.Attribute) and call.func.attr in {"post", "request"}
    return posts and any(_LOGIN.search(each) for each in (*texts, *(each for each in names if each.isupper())))
