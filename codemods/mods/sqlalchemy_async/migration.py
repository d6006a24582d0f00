"""The whole of a project's database work, taken over to asyncio: every edit, or what stands against it."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from codemods.facts.opened import name_of
from codemods.manifests import Needed, Replacing
from codemods.mods.sqlalchemy_async.engines import Engines
from codemods.mods.sqlalchemy_async.models import Models
from codemods.mods.sqlalchemy_async.rest import Rest
from codemods.mods.sqlalchemy_async.seen import Seen
from codemods.mods.sqlalchemy_async.sessions import Sessions
from codemods.mods.sqlalchemy_async.sheet import start_of
from codemods.mods.sqlalchemy_async.worlds import Worlds
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.edits import Edit
    from codemods.mods.codemod import Project
    from codemods.mods.sqlalchemy_async.seen import Place
    from codemods.program.values import Definition

NEEDED = Needed("sqlalchemy", "2.0", "asyncio")
_SHOWN_REASONS = 3


class Migration:
    """One project's."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.refusals: list[str] = []
        self.hazards: list[str] = []
        self._seen = Seen(project)
        self._engines = Engines(self._seen, project, self.refusals)
        self._worlds = Worlds(self._seen, project, self._waiting())
        self._models = Models(self._seen, project, self.refusals)
        self._sessions = Sessions(self._seen, project, self._engines, self._worlds)
        self.notes = self._models.notes
        if self.engines:
            self._write()

    @cached_property
    def files(self) -> tuple[tuple[str, tuple[Edit, ...]], ...]:
        """All edits, by file."""
        made = ((path, tuple(sheet.edits())) for path, sheet in sorted(self._seen.sheets.items()))
        return tuple((path, edits) for path, edits in made if edits)

    @cached_property
    def engines(self) -> list[tuple[str, ast.Call]]:
        """The calls that make the engines that sessions come from, outside tests."""
        return [
            (each.path, each.node)
            for each in self._engines.engines
            if self._engines.ours(each) and not is_test(each.path)
        ]

    @property
    def synchronous(self) -> bool:
        """Whether sessions are made at all."""
        return bool(self._engines.factories)

    @property
    def drivers(self) -> tuple[Replacing, ...]:
        """The asynchronous drivers of the databases that its URLs name."""
        rows = [self._seen.known["drivers"][each] for each in sorted(self._engines.databases)]
        return tuple(Replacing("sqlalchemy", row["library"], row["bound"]) for row in rows)

    def refusal(self) -> str:
        """What stands against it, as far as a person wants to read it at once."""
        found = list(dict.fromkeys(self.refusals))
        more = f"; and {len(found) - _SHOWN_REASONS} more" if len(found) > _SHOWN_REASONS else ""
        return "; ".join(found[:_SHOWN_REASONS]) + more

    # Who waits

    def _waiting(self) -> Iterator[Definition]:
        for places in self._seen.places.values():
            yield from (place.function for place in places if self._waits(place))
        for path, names in self._seen.names.items():
            opened = self._seen.sheet(path).opened
            for place in names:
                call = opened.parent(place.node)
                called = isinstance(call, ast.Call) and call.func is place.node
                if place.role == "factory" and called and isinstance(opened.parent(call or place.node), ast.withitem):
                    yield place.function

    def _waits(self, place: Place) -> bool:
        known = self._seen.known[place.role]
        attr = name_of(place.node)
        if place.role == "query":
            return attr not in {*known["chained"], *known["built"]}
        if place.role == "engine":
            owner = place.node.value if isinstance(place.node, ast.Attribute) else place.node
            return attr in known["awaited"] and name_of(owner) in self._engines.names
        return attr in known["awaited"] or attr in known["blocks"]

    # The edits

    def _write(self) -> None:
        if not all(self._project.allows(path, NEEDED) for path, _ in self.engines):
            self.refusals.append(f"a manifest insists on a version of SQLAlchemy that is not {NEEDED}; raise it first")
        self.refusals += self._worlds.refusals
        self.refusals += [f"{place} may use a session, on something that is not known" for place in self._seen.unknown]
        for maker in self._engines.engines:
            if self._engines.ours(maker):
                self._engines.write_engine(maker)
        for maker in self._engines.factories:
            self._engines.write_factory(maker)
        for path in sorted({*self._seen.places, *self._seen.names, *self._seen.notes}):
            self._sessions.write(path)
        for function in sorted(self._worlds.converted):
            self._convert(function)
        Rest(self._seen, self._project, self.refusals).write(self._worlds.converted)
        self._models.write()
        other = self._engines.databases - {"sqlite"} or self._engines.unknown
        self._engines.helpers.write(datetimes=bool(other) and self._models.mixes_datetimes())
        self.refusals += self._sessions.refusals
        self.hazards += self._sessions.hazards
        for path, _ in self.files:
            if path not in self._project.within:
                self.refusals.append(f"{self._project.program.modules[path].shown} is not among the paths given")
            self.refusals += self._taken(path)

    def _convert(self, function: Definition) -> None:
        """A plain function that has to wait becomes a coroutine function, and its calls are awaited."""
        sheet = self._seen.sheet(function.path)
        node = sheet.opened.nodes[function.scope]
        if not isinstance(node, ast.FunctionDef):
            return
        sheet.insert(start_of(node), "async ")
        for module, call, holder in self._worlds.calls[function]:
            other = self._seen.sheet(module.path)
            if self._worlds.starts(module, call):
                other.wrap(call, "asyncio.run(", ")")
                other.add_import("", "asyncio")
            elif self._worlds.runs(holder) and self._worlds.generator(function):
                self.refusals.append(f"{other.where(call)} calls `{node.name}`, which yields")
            elif self._worlds.runs(holder):
                self._sessions.wait(other, call, holder)

    def _taken(self, path: str) -> Iterator[str]:
        """Names that a file uses for something else."""
        sheet = self._seen.sheet(path)
        for each in sheet.imports:
            if each.alias:
                continue
            bindings = sheet.module.names.get((0, each.name), ())
            same = all(binding.kind == "import" and binding.target.endswith(each.name) for binding in bindings)
            scopes = sheet.module.facts.scopes
            hidden = [n for n, name in sheet.module.names if name == each.name and n and scopes[n].kind != "class"]
            if not same or hidden:
                yield f"{sheet.module.shown} uses the name `{each.name}` for something else"
