"""`session.query(…)` as `select(…)`, given to the session."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.mods.sqlalchemy_async.awaiting import awaited
from codemods.mods.sqlalchemy_async.sheet import end_of, start_of, targets_of
from codemods.program.values import Definition

if TYPE_CHECKING:
    from codemods.mods.codemod import Project
    from codemods.mods.sqlalchemy_async.seen import Seen
    from codemods.mods.sqlalchemy_async.sheet import Sheet

_FETCHING = frozenset({"all", "first", "one", "one_or_none"})
_COLLECTING = frozenset({"dict", "enumerate", "list", "set", "sorted", "tuple"})


@dataclass
class Chain:
    """A query from where it starts to what fetches it."""

    root: ast.expr
    """`session.query(…)`, or the variable that it was put into."""
    session: str
    """The session, as it is written."""
    entities: list[ast.expr]
    end: ast.expr
    """The last call that only builds."""
    methods: list[ast.Call] = field(default_factory=list)
    made: list[ast.expr] = field(default_factory=list)
    """All that its variable is set to."""
    verb: str = ""
    """What is done with it: a method that fetches, `in` for a loop over it, `built` for what stays unfetched."""
    call: ast.Call | None = None
    """The call of the method that fetches."""


class Queries:
    """The queries of one file."""

    def __init__(self, seen: Seen, project: Project, sheet: Sheet, refusals: list[str]) -> None:
        self._seen = seen
        self._project = project
        self._sheet = sheet
        self._opened = sheet.opened
        self._known = seen.known["query"]
        self._refusals = refusals

    def starting(self, node: ast.Call) -> Chain | None:
        """The chain that starts with `session.query(…)`."""
        func = node.func
        text = ast.get_source_segment(self._opened.text, func.value) if isinstance(func, ast.Attribute) else None
        if (
            node.keywords
            or not node.args
            or not text
            or "\n" in text
            or any(isinstance(each, ast.Starred) for each in node.args)
        ):
            self._refuse(node, "asks for something that cannot be read")
            return None
        return self._followed(Chain(node, text, node.args, node))

    def going_on(self, node: ast.Name, function: Definition) -> Chain | None:
        """The chain that goes on from a variable."""
        made = self._values_of(node.id, function)
        roots = [
            root
            for value in made
            if isinstance(root := self._unwound(value)[1], ast.Call) and name_of(root.func) == "query"
        ]
        texts = {
            ast.get_source_segment(self._opened.text, root.func.value)
            for root in roots
            if isinstance(root.func, ast.Attribute)
        }
        shapes = {tuple(ast.unparse(each) for each in root.args) for root in roots}
        if len(texts) != 1 or len(shapes) != 1:
            self._refuse(node, f"`{node.id}` is not one query made in this function")
            return None
        return self._followed(Chain(node, texts.pop() or "", roots[0].args, node, made=made))

    def _values_of(self, name: str, function: Definition) -> list[ast.expr]:
        return [
            each.value
            for each in walk(self._opened.nodes[function.scope])
            if isinstance(each, ast.Assign | ast.AnnAssign)
            and each.value is not None
            and any(isinstance(target, ast.Name) and target.id == name for target in targets_of(each))
        ]

    def _refuse(self, node: ast.AST, reason: str) -> None:
        self._refusals.append(f"{self._sheet.where(node)}: {reason}")

    def _followed(self, chain: Chain) -> Chain | None:
        opened = self._opened
        while True:
            above = opened.parent(chain.end)
            if not isinstance(above, ast.Attribute):
                break
            call = opened.parent(above)
            if not isinstance(call, ast.Call) or call.func is not above:
                self._refuse(chain.end, f"takes `{above.attr}` from a query")
                return None
            if above.attr not in self._known["chained"]:
                chain.verb, chain.call = above.attr, call
                break
            chain.methods.append(call)
            chain.end = call
        if not chain.verb:
            chain.verb = self._taken_by(above, chain)
        built = chain.verb in self._known["built"]
        if built or chain.verb in _FETCHING | {"built", "count", "delete", "get", "in", "scalar", "update"}:
            chain.verb = "built" if built else chain.verb
            return chain
        self._refuse(chain.end, f"a query is used in a way (`{chain.verb}`) that a select has no match for")
        return None

    def _taken_by(self, above: ast.AST | None, chain: Chain) -> str:
        match above:
            case ast.Assign(targets=[ast.Name()]) | ast.AnnAssign(target=ast.Name()):
                return "built"
            case ast.For(iter=it) | ast.comprehension(iter=it) if it in {chain.end, chain.call}:
                return "in"
            case ast.Call(func=ast.Name(id=name)) if name in _COLLECTING:
                return "in"
            case ast.Call(func=ast.Attribute(attr=name)) if name in {"in_", "not_in", "notin_", "union", "union_all"}:
                return "built"
        return "handed on"

    # What it becomes

    def write(self, chain: Chain) -> None:
        """The edits of a chain."""
        sheet, root, verb = self._sheet, chain.root, chain.verb
        if verb == "built":
            self._head(chain, "")
            return
        single = self._single(chain)
        method = "scalars" if single and verb in _FETCHING | {"in"} else "execute"
        unique = ".unique()" if single and verb in _FETCHING | {"in"} and self._may_repeat(chain) else ""
        if verb == "get":
            self._get(chain)
        elif verb in {"delete", "update"}:
            self._changing(chain)
        elif verb in {"all", "in"}:
            opening, closing = ("(await ", ")") if unique else ("await ", "")
            listed = verb == "all" and self._taken_by(self._opened.parent(chain.call or root), chain) != "in"
            sheet.wrap(chain.call or chain.end, ("list(" if listed else "") + opening, "")
            self._head(chain, method)
            after = f"){closing}{unique}" + (")" if listed else "")
            sheet.replace(end_of(chain.end), end_of(chain.call or chain.end), after)
        elif verb == "count":
            sheet.wrap(chain.call or root, "(await ", "")
            select, func = (sheet.called("sqlalchemy", name) for name in ("select", "func"))
            self._head(chain, "execute", f"{select}({func}.count()).select_from(")
            sheet.replace(end_of(chain.end), end_of(chain.call or root), ".subquery()))).scalar_one()")
        else:
            limit = ".limit(1)" if verb == "first" else ""
            sheet.wrap(chain.call or root, "(await ", "")
            self._head(chain, method)
            last = {"scalar": "scalar_one_or_none"}.get(verb, verb)
            sheet.replace(end_of(chain.end), end_of(chain.call or root), f"{limit})){unique}.{last}()")

    def _head(self, chain: Chain, method: str, inside: str = "", function: str = "select") -> None:
        """`session.query` becomes `session.scalars(select`; with a variable, `session.scalars(` goes before it."""
        root = chain.root
        if not isinstance(root, ast.Call) or not isinstance(root.func, ast.Attribute):
            if method:
                self._sheet.insert(start_of(root), f"{chain.session}.{method}({inside}")
            return
        function = self._sheet.called("sqlalchemy", function)
        if method:
            self._sheet.replace(end_of(root.func.value), end_of(root.func), f".{method}({inside}{function}")
        else:
            self._sheet.replace(start_of(root), end_of(root.func), function)

    def _get(self, chain: Chain) -> None:
        root, call = chain.root, chain.call
        plain = isinstance(root, ast.Call) and call is not None and len(call.args) == 1 and not call.keywords
        if not plain or chain.methods or len(chain.entities) != 1 or not isinstance(root, ast.Call) or call is None:
            self._refuse(chain.end, "`get` of a query that is not about one class alone")
            return
        assert isinstance(root.func, ast.Attribute)  # noqa: S101 (a query starts with one)
        awaited(self._sheet, call)
        self._sheet.replace(end_of(root.func.value), end_of(root.func), ".get")
        self._sheet.replace(end_of(chain.entities[0]), start_of(call.args[0]), ", ")

    def _changing(self, chain: Chain) -> None:
        call, root = chain.call, chain.root
        if (
            call is None
            or len(chain.entities) != 1
            or not self._is_class(chain.entities[0])
            or not self._filtered(chain)
        ):
            self._refuse(chain.end, f"`{chain.verb}` of a query that is more than a class with conditions")
            return
        options = [each for each in call.keywords if each.arg == "synchronize_session"]
        values = call.args[:1] if chain.verb == "update" else []
        if len(options) < len(call.keywords) or len(values) < len(call.args) or (chain.verb == "update" and not values):
            self._refuse(call, f"`{chain.verb}` is told more than can be read")
            return
        # A commit made the session forget what such a change had passed by; from now on it forgets nothing.
        passed_by = [isinstance(each.value, ast.Constant) and each.value.value is False for each in options]
        if self._seen.forgetting and any(passed_by):
            options = []
        text = ast.get_source_segment(self._opened.text, options[0].value) if options else ""
        option = f".execution_options(synchronize_session={text})" if options else ""
        alone = isinstance(self._opened.parent(call), ast.Expr)
        self._sheet.wrap(call, "await " if alone else "(await ", "")
        if isinstance(root, ast.Name):
            entity = ast.get_source_segment(self._opened.text, chain.entities[0])
            function = self._sheet.called("sqlalchemy", chain.verb)
            start = f"{chain.session}.execute({function}({entity}).where({root.id}.whereclause)"
            self._sheet.replace(start_of(root), end_of(root), start)
        else:
            self._head(chain, "execute", "", chain.verb)
        closing = f"{option})" if alone else f"{option})).rowcount"
        if values:
            self._sheet.replace(end_of(chain.end), start_of(values[0]), ".values(")
            self._sheet.replace(end_of(values[0]), end_of(call), f"){closing}")
        else:
            self._sheet.replace(end_of(chain.end), end_of(call), closing)

    def _filtered(self, chain: Chain) -> bool:
        """Whether nothing but conditions makes a query more than all rows of a class."""
        filters = set(self._known["filters"])
        if isinstance(chain.root, ast.Call):
            return {name_of(each.func) for each in chain.methods} <= filters
        named = [{name_of(each.func) for each in self._calls(value)} for value in chain.made]
        return not chain.methods and bool(named) and all(names and names <= filters for names in named)

    def _calls(self, node: ast.expr) -> list[ast.Call]:
        """The calls of a chain after `query`, from the last one on."""
        return self._unwound(node)[0]

    def _unwound(self, node: ast.expr) -> tuple[list[ast.Call], ast.expr]:
        """The calls of a chain, from the last one on, and what it starts with."""
        found: list[ast.Call] = []
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr != "query":
            found.append(node)
            node = node.func.value
        return found, node

    def _single(self, chain: Chain) -> bool:
        """Whether it is about objects of one class, not about columns."""
        if len(chain.entities) != 1:
            return False
        node = chain.entities[0]
        if self._is_class(node):
            return True
        column = isinstance(node, ast.Call) or (isinstance(node, ast.Attribute) and self._is_class(node.value))
        if not column:
            self._refuse(node, f"asks for `{ast.unparse(node)}`, which is not known to be a class or a column")
        return False

    def _may_repeat(self, chain: Chain) -> bool:
        """Whether one object may come in several rows: a Query gives it once."""
        methods = [*chain.methods, *(call for value in chain.made for call in self._calls(value))]
        if self._seen.joined or any(name_of(each.func) in self._known["joining"] for each in methods):
            return True
        entity = dotted(chain.entities[0])
        return any(
            isinstance(node, ast.Attribute) and dotted(node.value) != entity and self._is_class(node.value)
            for method in methods
            for argument in (*method.args, *method.keywords)
            for node in walk(argument)
        )

    def _is_class(self, node: ast.expr) -> bool:
        values = self._seen.values(self._sheet.module, self._opened, node)
        return any(isinstance(each, Definition) and self._project.calls.is_class(each) for each in values)
