"""Each client of a project with all that is done with it: whether every use can be awaited, and how."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from codemods import catalog
from codemods.edits import AddImport, Argument, AsyncBlock, AwaitTwin, Define, Recast, Reword
from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import dotted, unlike
from codemods.hazards import worst
from codemods.manifests import Needed
from codemods.mods.clients.cursors import Cursor
from codemods.mods.uses import Uses, renamed
from codemods.program.classes import is_test
from codemods.program.values import Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from codemods.edits import Edit
    from codemods.facts import Opened
    from codemods.loop import Site
    from codemods.mods.codemod import Project
    from codemods.program import Module


@dataclass
class Group:
    """The clients that go by one name, and all that is done with them."""

    library: dict[str, Any]
    names: set[str]
    refusal: str = ""
    hazards: list[str] = field(default_factory=list)
    edits: dict[str, list[Edit]] = field(default_factory=lambda: defaultdict(list))
    kept: bool = False
    """Whether it is an attribute of objects."""
    makers: set[tuple[str, int]] = field(default_factory=set)
    """The calls that make a client, by file and number."""
    scopes: set[int] = field(default_factory=set)
    """The scopes that they stand in."""
    followed: set[str] = field(default_factory=set)
    """The names whose uses have been looked at."""
    closed: bool = False
    """Whether it is closed by hand."""
    sites: set[tuple[str, int, tuple[int, int, int, int]]] = field(default_factory=set)
    """What blocks, by file, number and place."""

    @property
    def needs(self) -> tuple[Needed, ...]:
        """What the asynchronous class needs of its library."""
        known = self.library
        if "since" not in known:
            return ()
        version = known.get("closes_since", known["since"]) if self.closed else known["since"]
        return (Needed(known["distribution"], version, known.get("extra", "")),)


class Groups(Uses):
    """All clients of a project that have an asynchronous twin."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        found = [site for sites in project.sites.values() for site in sites if not site.chain]
        self._sites = {(site.module.path, site.call.number): site for site in found if site.call.number >= 0}
        self._loops = [site for site in found if site.call.number < 0]
        self._groups = [
            group
            for name, library in catalog.clients().items()
            if name != "methods"
            for group in self._of_library(library)
        ]
        self._uses()

    def of(self, site: Site) -> Group | None:
        """The group that a call belongs to."""
        place = site.module.path, site.call.number, site.call.place
        return next((group for group in self._groups if place in group.sites), None)

    def _of_library(self, library: dict[str, Any]) -> Iterator[Group]:
        by_name: dict[str, Group] = {}
        for module, number, maker in self._made(library):
            opened = self._project.open(module.path)
            node = opened.calls[number]
            name = _target(opened, node)
            if is_test(module.path):
                continue
            group = by_name.setdefault(name, Group(library, {name}))
            if not name:
                group.refusal = f"{module.shown}:{node.lineno} makes a client without giving it a name"
            else:
                above = opened.parent(node)
                group.makers.add((module.path, number))
                group.scopes.add(opened.scope(node))
                group.kept |= isinstance(above, ast.Assign) and isinstance(above.targets[0], ast.Attribute)
                self._maker(group, module, opened, node, maker)
        nameless = by_name.get("")
        for name, group in by_name.items():
            if name:
                group.refusal = group.refusal or (nameless.refusal if nameless is not None else "")
                yield group

    def _made(self, library: dict[str, Any]) -> Iterator[tuple[Module, int, str]]:
        """The calls that make a client of a library."""
        for maker in library["makers"]:
            for module, call in self._calls.calls_named(maker.rpartition(".")[2]):
                outside = self._project.program.resolve(module, call.scope, call.callee).outside if call.callee else ()
                if maker in outside and call.number >= 0:
                    yield module, call.number, maker

    # How it is made

    def _maker(self, group: Group, module: Module, opened: Opened, node: ast.Call, maker: str) -> None:
        refused = set(group.library.get("refused_options", ()))
        if any(each.arg is None or each.arg in refused for each in node.keywords):
            group.refusal = f"{module.shown}:{node.lineno} makes the client in a way that the other class does not take"
        if module.path not in self._project.within:
            group.refusal = f"{module.shown} is not among the paths given"
        callee = dotted(node.func)
        twin = group.library["makers"][maker]
        text, addition = _in_place(callee, maker, twin, opened.identifiers)
        place = module.facts.numbers(module.calls[opened.call_numbers[node]])
        kept = tuple(Argument(place) for place in range(len(node.args) + len(node.keywords)))
        if group.library.get("context") and opened.function(node) is not opened.tree:
            kept += self._with_context(group, module, opened, node)
        group.edits[module.path].append(Recast(*place, callee, text, kept, awaited=False))
        group.edits[module.path] += [addition] if addition else []
        above = opened.parent(node)
        if isinstance(above, ast.AnnAssign):
            self._annotated(group, module, opened, above.annotation, text)
        elif isinstance(above, ast.withitem):
            block = opened.parent(above)
            if not group.library.get("block") or not isinstance(block, ast.With) or len(block.items) > 1:
                group.refusal = (
                    f"{module.shown}:{node.lineno} enters the client in a way that the other class does not know"
                )
            else:
                group.edits[module.path].append(AsyncBlock(place[0], opened.number(block, ast.stmt), block.lineno))

    def _with_context(self, group: Group, module: Module, opened: Opened, node: ast.Call) -> tuple[Argument, ...]:
        """A context for certificates that is made once: making one holds the loop for 25 ms."""
        if any(each.arg == "verify" for each in node.keywords):
            return ()
        owner = dotted(node.func).rpartition(".")[0]
        taken = {name_of(each) for each in opened.tree.body for each in getattr(each, "targets", ())}
        if not owner or "_SSL_CTX" in taken:
            group.refusal = f"{module.shown}:{node.lineno} leaves no name for a context that is made once"
            return ()
        group.edits[module.path].append(Define("_SSL_CTX", f"_SSL_CTX = {owner}.create_ssl_context()"))
        return (Argument(-1, "verify", "_SSL_CTX"),)

    def _annotated(self, group: Group, module: Module, opened: Opened, note: ast.expr, text: str) -> None:
        known = {each.rpartition(".")[2] for each in group.library["makers"]}
        if isinstance(note, ast.Name | ast.Attribute) and name_of(note) in known:
            group.edits[module.path].append(Reword(*opened.mention(note), text))
        else:
            group.refusal = f"{module.shown}:{note.lineno} says in an annotation what the client is"

    # What is done with it

    def _uses(self) -> None:
        """Look at the uses of all groups, file by file: going through all of them for each group takes long."""
        while asked := self._next_names():
            for path, here in self.mentioning(asked):
                by_name = {name: asked[name] for name in here}
                if path in self._modules:
                    self._look_through(self._modules[path], by_name)
                    continue
                for name, groups in by_name.items():
                    for group in groups:
                        group.refusal = group.refusal or f"{path} cannot be read, and its text mentions {name}"

    def _next_names(self) -> dict[str, list[Group]]:
        """A name of each group that has one whose uses have not been looked at: uses bring up further names."""
        found: dict[str, list[Group]] = defaultdict(list)
        for group in self._groups:
            if left := group.names - group.followed:
                name = min(left)
                group.followed.add(name)
                found[name].append(group)
        return found

    def _look_through(self, module: Module, by_name: Mapping[str, Sequence[Group]]) -> None:
        opened, others = self._project.open(module.path), renamed(self._project.open(module.path), by_name)
        for node in walk(opened.tree):
            if isinstance(node, ast.Name | ast.Attribute):
                name = name_of(node)
                for group in (*by_name.get(name, ()), *by_name.get(others.get(name, ""), ())):
                    self._use(group, module, opened, node)
            elif is_test(module.path) and isinstance(node, ast.Constant):
                # `patch("app.cache.client")`
                _, dot, name = str(node.value).rpartition(".")
                for group in by_name.get(name, ()) if dot else ():
                    group.refusal = group.refusal or f"{module.shown}:{node.lineno} puts something in its place"

    def _use(self, group: Group, module: Module, opened: Opened, node: ast.Name | ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._set(group, module, opened, node)
            return
        values = self.values(module, opened, node)
        types = {value.type for value in values if isinstance(value, Thing)}
        if not types.isdisjoint(group.library["types"]) and len(values) > len(types & set(group.library["types"])):
            group.refusal = group.refusal or f"{module.shown}:{node.lineno} may be something else as well"
        if types.isdisjoint(group.library["types"]):
            unknown = not values and isinstance(node, ast.Attribute) and not _is_import(module, node)
            if unknown and self._may_be(group, opened, node):
                group.refusal = group.refusal or f"{module.shown}:{node.lineno} may use it, on something unknown"
            return
        if is_test(module.path):
            group.refusal = group.refusal or f"{module.shown}:{node.lineno} is a test that uses the client"
        elif module.path not in self._project.within:
            group.refusal = group.refusal or f"{module.shown} is not among the paths given"
        else:
            self._followed(group, module, opened, node)

    def _set(self, group: Group, module: Module, opened: Opened, node: ast.Name | ast.Attribute) -> None:
        """Something that the name is set to, in a file that makes the client: nothing but clients and None."""
        above = opened.parent(node)
        value = getattr(above, "value", None)
        none = isinstance(value, ast.Constant) and value.value is None
        made = isinstance(value, ast.Call) and (module.path, opened.call_numbers[value]) in group.makers
        derived = value is not None and self._is_family(group, module, opened, value)
        if module.path in {path for path, _ in group.makers} and value is not None and not (none or made or derived):
            same = isinstance(node, ast.Attribute) or opened.scope(node) in group.scopes
            if same:
                group.refusal = group.refusal or f"{module.shown}:{node.lineno} puts something else in its place"

    def _may_be(self, group: Group, opened: Opened, node: ast.expr) -> bool:
        """Whether an attribute of something unknown may be a client that a class keeps: it is used as one."""
        above = opened.parent(node)
        used = isinstance(above, ast.Attribute) and isinstance(opened.parent(above), ast.Call | ast.Attribute)
        return group.kept and used

    def _followed(self, group: Group, module: Module, opened: Opened, node: ast.expr) -> None:
        """From a client to the call that waits, attribute by attribute."""
        above = opened.parent(node)
        differs = set(group.library["differs"])
        place = f"{module.shown}:{node.lineno}"
        while True:
            match above:
                case ast.Attribute(attr=name) if name in group.library.get("cursors", ()):
                    self._read(group, module, opened, above)
                    return
                case ast.Attribute(attr=name) if name in differs:
                    group.refusal = group.refusal or f"the asynchronous class has another `{name}` ({place})"
                    return
                case ast.Attribute(attr=name) if name in group.library.get("attributes", ()):
                    return
                case ast.Attribute(ctx=ast.Load()) | ast.Subscript(ctx=ast.Load()) if above.value is node:
                    node, above = above, opened.parent(above)
                case ast.Call() if above.func is node:
                    if not self._called(group, module, opened, above):
                        return
                    node, above = above, opened.parent(above)
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is node and self._is_family(
                    group, module, opened, node
                ):
                    group.names.add(name)
                    return
                case _:
                    group.refusal = group.refusal or f"{place} hands it on, or takes it in a way that is not understood"
                    return

    def _is_family(self, group: Group, module: Module, opened: Opened, node: ast.expr) -> bool:
        types = {value.type for value in self.values(module, opened, node) if isinstance(value, Thing)}
        return bool(types) and types <= set(group.library["types"])

    def _called(self, group: Group, module: Module, opened: Opened, node: ast.Call) -> bool:
        """A call of one of its methods; whether what it gives is to be followed further."""
        number = opened.call_numbers[node]
        place = f"{module.shown}:{node.lineno}"
        site = self._sites.get((module.path, number))
        method = name_of(node.func)
        if site is not None:
            self._awaited(group, module, opened, site, node)
            return False
        if method in group.library["closes"]:
            self._closed(group, module, opened, node, group.library["closes"][method])
            return False
        if method in group.library.get("derived", ()):
            return True
        group.refusal = (
            group.refusal or f"{place} calls `{method}` where it cannot be awaited, or where it is not known to wait"
        )
        return False

    def _read(self, group: Group, module: Module, opened: Opened, method: ast.Attribute) -> None:
        """A call that gives a cursor, with all that reads it."""
        call = opened.parent(method)
        if not isinstance(call, ast.Call) or call.func is not method or opened.call_numbers[call] not in module.calls:
            group.refusal = group.refusal or f"{module.shown}:{method.lineno} does not call `{method.attr}`"
            return
        cursor = Cursor(group.library, module, opened, call)
        cursor.follow()
        found: list[tuple[ast.expr, Site | None]] = [
            *((node, self._sites.get((module.path, opened.call_numbers[node]))) for node in cursor.calls),
            *((node, self._loop_of(module, opened, node)) for node in cursor.loops),
        ]
        for node, site in found:
            if site is None:
                cursor.refusal = f"{module.shown}:{node.lineno} reads a cursor where it is not known to wait"
                continue
            group.sites.add((module.path, site.call.number, site.call.place))
            self._may_wait(group, module, site, node)
        group.refusal = group.refusal or cursor.refusal
        group.edits[module.path] += cursor.edits

    def _loop_of(self, module: Module, opened: Opened, node: ast.expr) -> Site | None:
        """The site of what is iterated over."""
        same = (each for each in self._loops if each.module is module and opened.at(each.call.place) is node)
        return next(same, None)

    def _awaited(self, group: Group, module: Module, opened: Opened, site: Site, node: ast.Call) -> None:
        group.sites.add((module.path, site.call.number, site.call.place))
        if self._may_wait(group, module, site, node):
            self._await(group, module, opened, node, ast.get_source_segment(opened.text, node.func) or "")

    def _may_wait(self, group: Group, module: Module, site: Site, node: ast.expr) -> bool:
        """Whether an await may stand at a site; what stands against it is kept."""
        place = f"{module.shown}:{node.lineno}"
        if module.facts.scopes[site.function].kind != "async def":
            group.refusal = group.refusal or f"{place} uses it in a plain function"
            return False
        streams = group.library.get("streams")
        if streams and isinstance(node, ast.Call) and any(each.arg in {streams, None} for each in node.keywords):
            group.refusal = group.refusal or f"{place} may read the answer part by part"
            return False
        situation = self._project.situation(site)
        hazard = worst(self._project.of_await(situation)) if situation is not None else None
        if hazard is not None and hazard.level == "manual":
            group.refusal = group.refusal or f"{place}: {hazard.reason}"
        elif hazard is not None:
            group.hazards.append(hazard.reason)
        return True

    def _closed(self, group: Group, module: Module, opened: Opened, node: ast.Call, name: str) -> None:
        function = opened.function(node)
        if not isinstance(function, ast.AsyncFunctionDef):
            group.refusal = group.refusal or f"{module.shown}:{node.lineno} closes it in a plain function"
            return
        group.closed = True
        text = ast.get_source_segment(opened.text, node.func) or ""
        self._await(group, module, opened, node, f"{text.rpartition('.')[0]}.{name}")

    def _await(self, group: Group, module: Module, opened: Opened, node: ast.Call, function: str) -> None:
        if "\n" in function or not function:
            group.refusal = group.refusal or f"{module.shown}:{node.lineno} is spread over several lines"
            return
        place = module.facts.numbers(module.calls[opened.call_numbers[node]])
        group.edits[module.path].append(AwaitTwin(*place, dotted(node.func), function))


def _target(opened: Opened, node: ast.Call) -> str:
    """The name that a new client gets: of a variable, or (with a dot before it) of an attribute."""
    match opened.parent(node):
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]):
            return name
        case ast.withitem(optional_vars=ast.Name(id=name)):
            return name
    return ""


def _in_place(callee: str, maker: str, twin: str, taken: frozenset[str]) -> tuple[str, AddImport | None]:
    """The twin's maker as it is written where the other one stands, and the import that it needs."""
    root, dot, rest = callee.partition(".")
    tail = f"{dot}{rest}"
    known = maker.removesuffix(tail)
    if tail and twin.startswith(f"{known}."):
        # `redis.asyncio` is a module of its own; `openai.AsyncOpenAI` stands beside the other class.
        inner = "redis.asyncio" if root == "redis" and twin.startswith("redis.asyncio.") else ""
        return f"{root}{twin.removeprefix(known)}", AddImport(inner) if inner else None
    module, _, name = twin.removesuffix(tail).rpartition(".")
    alias = unlike(f"Async{name}" if name[0].isupper() else f"async_{name}", taken) if name in taken else ""
    return f"{alias or name}{tail}", AddImport(module, alias, name)


def _is_import(module: Module, node: ast.Attribute) -> bool:
    root = dotted(node).partition(".")[0]
    return any(name == root for _, name in module.imported_names)
