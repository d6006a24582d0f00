"""Sessions that a module keeps: clients of the application's lifespan, where every use of them is on its loop."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Insert
from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import dotted, unlike
from codemods.mods.codemod import Work
from codemods.mods.http.function import client_of
from codemods.mods.http.imported import imported
from codemods.mods.http.lifespan import Lifespan
from codemods.mods.http.sessions import MAKERS, Session
from codemods.mods.http.settings import Settings
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
        self._kept = {(each.module.path, each.session.name): each for each in self._found()}
        self.elsewhere: tuple[tuple[str, tuple[Edit, ...]], ...] = ()
        """What changes outside of the functions, by file."""
        self._settled = False

    def of(self, situation: Situation) -> Kept | None:
        """The session whose method a call is."""
        node, module = situation.node, situation.site.module
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                kept = self._kept.get((module.path, name))
                return kept if module.holder(situation.opened.scope(node), name) == 0 else None
        return None

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
            for function in sorted({each for kept in before for each in kept.functions}):
                for member in look(self._work(function)).members:
                    if member.session is not None and member.session.kept and member.refusal:
                        reason = f"line {member.node.lineno} stays with its session, which the module keeps"
                        member.session.refuse(f"{reason}: {member.refusal}")
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
        around = lifespan.around(openers)
        if isinstance(around, str):
            for kept in going:
                kept.session.refuse(f"its session is kept by the module, and {around}")
            return
        for path, edit in around:
            edits[path].append(edit)
        self.elsewhere = tuple((path, tuple(of_file)) for path, of_file in sorted(edits.items()))

    def _going(self) -> list[Kept]:
        return [kept for kept in self._kept.values() if not kept.session.refusal]

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
        sites = [site for (path, _), site in self._sites.items() if path == module.path]
        situation = next(filter(None, map(self._project.situation, sites)), None)
        if situation is None:
            session.refuse("nothing on the loop asks its session")
            return kept
        _OfModule(situation, opened.tree, session).read()
        for call in session.calls:
            site = self._sites.get((module.path, opened.call_numbers[call]))
            if site is None or module.facts.scopes[site.function].kind != "async def":
                session.refuse(f"line {call.lineno} asks its session, which the module keeps, outside of a coroutine")
            else:
                kept.functions.add(Definition(module.path, site.function))
            if _logs_in(call):
                session.refuse(f"line {call.lineno} may log in, which its session remembers by cookies")
        session.unsafe(f"{_COOKIES}; and {_LIFE}")
        session.refuse(self._elsewhere(module, session.name))
        return kept

    def _elsewhere(self, home: Module, name: str) -> str:
        """The place of a use in another file; empty where there is none."""
        for path, _ in self.mentioning({name}):
            module = self._modules.get(path)
            if path == home.path:
                continue
            if module is None:
                return f"{path} cannot be read, and its text mentions {name}"
            if any(star == home.path for star in self._project.program.stars(module)):
                return f"{module.shown} imports all of {home.shown}"
            opened = self._project.open(path)
            for node in walk(opened.tree):
                if self._meant(module, opened, node, home, name):
                    return f"{module.shown}:{getattr(node, 'lineno', 0)} uses its session, which {home.shown} keeps"
        return ""

    def _meant(self, module: Module, opened: Opened, node: ast.AST, home: Module, name: str) -> bool:
        find, resolve = self._project.program.find, self._project.program.resolve
        match node:
            case ast.ImportFrom(module=source, names=names, level=level) if any(each.name == name for each in names):
                return find(module, f"{'.' * level}{source or ''}") == (home.path, "")
            case ast.Attribute(attr=attr, value=owner) if attr == name:
                found = resolve(module, opened.scope(node), dotted(owner)).meanings if dotted(owner) else ()
                return any(meaning.module == home.path and not meaning.name for meaning in found)
            case ast.Constant(value=str(text)) if is_test(module.path):
                # `patch("app.partner.session")`, `monkeypatch.setattr(partner, "session", …)`
                holder, _, last = text.rpartition(".")
                imports = home.path in self._project.program.imports(module)
                spellings = self._project.program.layout.names(home.path)
                imports = home.path in self._project.program.imports(module)
                return last == name and (holder in spellings if holder else imports)
        return False

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


def _logs_in(call: ast.Call) -> bool:
    """Whether an address speaks of a login."""
    texts = [each.value for each in ast.walk(call) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    names = [name_of(each) for each in ast.walk(call) if isinstance(each, ast.Name | ast.Attribute)]
    posts = isinstance(call.func, ast.Attribute) and call.func.attr in {"post", "request"}
    return posts and any(_LOGIN.search(each) for each in (*texts, *(each for each in names if each.isupper())))
