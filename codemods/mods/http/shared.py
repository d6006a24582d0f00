"""What other files do with a session that a module keeps: their calls go with it, and read it from the module."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import AddImport
from codemods.facts.order import walk
from codemods.facts.values import dotted, source_module, unlike
from codemods.mods.uses import Uses, ours
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Opened
    from codemods.mods.codemod import Project
    from codemods.program import Module


@dataclass(frozen=True, slots=True)
class Use:
    """A call of a session in another file, or something else there that it stays for."""

    module: Module
    call: ast.Call | None = None
    client: str = ""
    """The expression for the client there from now on: the variable itself, as the application's lifespan sets it."""
    addition: AddImport | None = None
    refusal: str = ""
    """Why the session stays because of it."""


class Shared(Uses):
    """Asked of one variable of a module."""

    def __init__(self, project: Project, home: Module, name: str) -> None:
        super().__init__(project)
        self._home = home
        self._name = name

    def uses(self) -> Iterator[Use]:
        """All that other files do with it."""
        for module in self._files():
            if isinstance(module, str):
                yield Use(self._home, refusal=module)
                continue
            opened = self._project.open(module.path)
            for node in self._mentions(module, opened):
                if isinstance(node, ast.ImportFrom) and not is_test(module.path):
                    yield from self._imported(module, opened, node)
                elif isinstance(node, ast.Attribute) and not is_test(module.path):
                    owner = self._project.program.resolve(module, opened.scope(node), dotted(node.value)).only
                    yield self._use(module, opened, node, (dotted(node) if owner is not None else "", None))
                else:
                    yield self._refused(module, node)

    def _files(self) -> Iterator[Module | str]:
        """The other files that may mean it, or the reason for which that cannot be known."""
        for path, _ in self.mentioning({self._name}):
            module = self._modules.get(path)
            if module is None:
                yield f"{path} cannot be read, and its text mentions {self._name}"
            elif self._home.path in self._project.program.stars(module):
                yield f"{module.shown} imports all of {self._home.shown}"
            elif module is not self._home:
                yield module

    def _mentions(self, module: Module, opened: Opened) -> Iterator[ast.AST]:
        """The places of a file where it is meant: imports, attributes, and texts in tests."""
        find, resolve = self._project.program.find, self._project.program.resolve
        for node in walk(opened.tree):
            match node:
                case ast.ImportFrom(names=names) if any(each.name == self._name for each in names):
                    meant = find(module, source_module(node)) == (self._home.path, "")
                case ast.Attribute(attr=attr, value=owner) if attr == self._name and dotted(owner):
                    found = resolve(module, opened.scope(node), dotted(owner)).meanings
                    meant = any(meaning.module == self._home.path and not meaning.name for meaning in found)
                case ast.Constant(value=str(text)) if is_test(module.path):
                    # `patch("app.partner.session.get")`, `monkeypatch.setattr(partner, "session", …)`
                    spellings = self._project.program.layout.names(self._home.path)
                    meant = any(f"{text}.".startswith(f"{each}.{self._name}.") for each in spellings)
                    meant |= text == self._name and self._home.path in self._project.program.imports(module)
                case _:
                    meant = False
            if meant:
                yield node

    def _imported(self, module: Module, opened: Opened, node: ast.ImportFrom) -> Iterator[Use]:
        """What a file does with the name that it imports the variable by."""
        scope = opened.scope(node)
        for own in (alias.asname or alias.name for alias in node.names if alias.name == self._name):
            once = [each.plain for each in module.names[scope, own]] == [True]
            if not once or module.function_of(scope) != scope or (scope == 0 and self._known_by(module, own)):
                yield self._refused(module, node)
            for each in walk(opened.tree):
                if isinstance(each, ast.Name) and each.id == own and module.holder(opened.scope(each), own) == scope:
                    if scope == 0:
                        client = self._through(module, opened, node, each)
                    else:
                        # It is imported anew each time that the function runs.
                        client = own if module.function_of(opened.scope(each)) == scope else "", None
                    yield self._use(module, opened, each, client)

    def _known_by(self, module: Module, name: str) -> bool:
        """Whether other files mean a name that a file has imported."""
        there = Shared(self._project, module, name)
        return any(
            isinstance(other, str) or any(True for _ in there._mentions(other, self._project.open(other.path)))
            for other in there._files()
        )

    def _through(
        self, module: Module, opened: Opened, node: ast.ImportFrom, mention: ast.Name
    ) -> tuple[str, AddImport | None]:
        """The variable, read from the module that it is imported from, and the import that this needs."""
        find = self._project.program.find
        for scope, name in module.imported_names:
            bindings = module.names[scope, name]
            once = scope == 0 and len(bindings) == 1 and bindings[0].plain and bindings[0].line < mention.lineno
            if once and find(module, bindings[0].target) == (self._home.path, ""):
                seen = module.holder(opened.scope(mention), name) == 0
                return (f"{name}.{self._name}" if seen else ""), None
        added: dict[tuple[str, str], tuple[str, AddImport]] = self._project.once("http: modules imported", dict)
        place = module.path, self._home.path
        if place in added:
            alias, addition = added[place]
            return f"{alias}.{self._name}", addition
        package, last = _parted(source_module(node))
        imported, importing = self._project.program.around(self._home)
        # Among modules that import each other, the place of an import may decide whether they can be imported.
        if not last or len(imported & importing) > 1 or not self._is_inside(module, package, last):
            return "", None
        # Other modules may have the same last name.
        taken = {alias for (path, _), (alias, _) in added.items() if path == module.path}
        alias = unlike(last, opened.identifiers | taken)
        other = "" if alias == last else alias
        known = ours(self._project.program, module)
        addition = AddImport(package, other, last, known) if package else AddImport(last, other, ours=known)
        added[place] = alias, addition
        return f"{alias}.{self._name}", addition

    def _is_inside(self, module: Module, package: str, last: str) -> bool:
        """Whether a package can have nothing else by the name of a module inside it."""
        find = self._project.program.find
        around = find(module, package) if package else None
        if around is None:
            return True
        inside = self._modules.get(around[0])
        if inside is None or around[1] or inside.facts.stars:
            return False
        return all(find(inside, each.target) == (self._home.path, "") for each in inside.names.get((0, last), ()))

    def _use(self, module: Module, opened: Opened, node: ast.expr, client: tuple[str, AddImport | None]) -> Use:
        text, addition = client
        above = opened.parent(node)
        call = opened.parent(above) if isinstance(above, ast.Attribute) else None
        asks = isinstance(above, ast.Attribute) and above.attr in catalog.http()["session"]["methods"]
        refused = self._refused(module, node)
        if not asks or not isinstance(call, ast.Call) or call.func is not above:
            return refused
        return Use(module, call, text, addition, "" if text else refused.refusal)

    def _refused(self, module: Module, node: ast.AST) -> Use:
        where = f"{module.shown}:{getattr(node, 'lineno', 0)}"
        return Use(module, refusal=f"{where} uses its session, which {self._home.shown} keeps")


def _parted(source: str) -> tuple[str, str]:
    """The package and the last name of a module: of `app.clients`, of `.clients` and of `clients`."""
    package, dot, last = source.rpartition(".")
    return (package if package.strip(".") else f"{package}{dot}"), last
