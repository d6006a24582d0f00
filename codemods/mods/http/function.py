"""All calls of one coroutine: which of them go to httpx together, how sure that is, and why others stay."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.hazards import Hazard, patched, worst
from codemods.mods.codemod import Speak, Verdict
from codemods.mods.http.answers import Answers
from codemods.mods.http.blocks import around
from codemods.mods.http.errors import Errors, in_tests
from codemods.mods.http.handlers import Handlers
from codemods.mods.http.hidden import Hidden
from codemods.mods.http.raised import raised
from codemods.mods.http.raising import Raising
from codemods.mods.http.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.edits import Edit, Reword
    from codemods.hazards import Situation
    from codemods.mods.codemod import Project, Work
    from codemods.mods.http.member import Member
    from codemods.mods.http.places import Place
    from codemods.mods.http.raised import Raised
    from codemods.mods.http.sessions import Session
    from codemods.program import Module
    from codemods.program.values import Definition

_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp)
_ELSEWHERE = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", ".netrc")


class Function:
    """One coroutine's calls, which share a client."""

    own = False
    """Whether the calls are of the client's own library."""

    def __init__(self, work: Work, function: ast.AsyncFunctionDef, members: list[Member]) -> None:
        self.work = work
        self.project: Project = work.project
        self.opened = work.situations[0].opened
        self.module = work.situations[0].site.module
        self.function = function
        self.members = members
        self.errors = Errors(work)
        self.library, self.named = ("httpx", "") if self.own else client_of(self.project, self.module.path)
        self._raising = self.project.once("http: raising", lambda: Raising(self.project))
        self.waiting: dict[ast.AST, list[Reword]] = {}
        """What waits for the exceptions in the function, with its new words."""
        self.above: dict[str, list[Reword]] = {}
        """The new words of what waits for them elsewhere, by file."""
        self.waits_above: list[Hazard] = []
        self.raised: list[Raised] = []
        """What raises httpx's exceptions from now on."""
        self.block: Sequence[ast.stmt] = ()
        """The statements that go into the client's own block."""

    @property
    def going(self) -> list[Member]:
        """Those that nothing stands against."""
        return [member for member in self.members if not member.refusal]

    @property
    def loose(self) -> list[Member]:
        """Those of them that are of no session."""
        return [member for member in self.going if member.session is None]

    @property
    def sessions(self) -> list[Session]:
        """The sessions whose calls go, in the order of the text."""
        return list(dict.fromkeys(member.session for member in self.going if member.session is not None))

    def settle(self) -> None:
        """Find out which of them can go."""
        for member in self.members:
            self._alone(member)
        self.raised = [] if self.own else list(raised(self.errors, self.module, self.opened, self.function))
        while True:
            before = len(self.going), len(self.raised)
            self._answered()
            self.raised = [each for each in self.raised if self._fits(each)]
            self._sessions()
            self._whole()
            if (len(self.going), len(self.raised)) == before:
                break

    def decide(self, found: list[Verdict | None], elsewhere: tuple[tuple[str, tuple[Edit, ...]], ...] = ()) -> None:
        """Put in a verdict for each call; `elsewhere` is what goes with sessions that the module keeps."""
        self.settle()
        for member in self.members:
            if member.refusal:
                found[member.number] = Verdict("manual", member.refusal)
        if not self.going:
            return
        hazards = [
            hazard for member in self.going for hazard in (*member.hazards, *member.answered, *member.asked.hazards)
        ]
        hazards += [hazard for session in self.sessions for hazard in session.hazards]
        for each in self.raised:
            hazards.append(Hazard("unsafe", f"line {each.node.lineno} raises {self.library}.{each.name} instead"))
        hazard = worst([*hazards, *self.waits_above, *self._of_all()])
        kept = any(session.kept for session in self.sessions)
        _, registering = self._handlers()
        others: tuple[tuple[str, tuple[Edit, ...]], ...] = tuple(
            (path, tuple(words)) for path, words in sorted(self.above.items())
        )
        others += tuple((path, tuple(edits)) for path, edits in sorted(registering.items()))
        change = Speak(self.library, tuple(self._edits()), others + (elsewhere if kept else ()))
        calm = f"the client of {self.library}{self.named} asks the same and lets the loop go on"
        verdict = Verdict("unsafe", hazard.reason, change) if hazard else Verdict("safe", calm, change)
        settled = {node for member in self.going for node in (member.node, *member.covered)}
        for number, situation in enumerate(self.work.situations):
            if situation.node in settled and not situation.site.chain:
                found[number] = verdict

    def _alone(self, member: Member) -> None:
        """What stands against one call."""
        if member.refusal:
            return
        situation = member.situation
        callee = situation.site.call.callee
        if (
            member.session is None
            and situation.program.resolve(self.module, situation.site.call.scope, callee).only is None
        ):
            what = f"`{callee}` may stand for something else as well"
            member.refusal = what if callee else "what it calls is decided while it runs"
            return
        hazard = worst([*self.project.of_await(situation), *patched.hazards(situation)])
        if hazard is not None and hazard.level == "manual":
            member.refusal = hazard.reason
        elif hazard is not None:
            member.hazards.append(hazard)

    def _answered(self) -> None:
        """Look at what becomes of the answers, and at who catches the exceptions."""
        told = {answer for each in self.raised for answer in each.answers}
        answers = Answers(self.opened, self.module, self.function, told)
        going = {member.node for member in self.going}
        changing = self._changing()
        for member in self.going:
            uses = answers.of(member.node, set(going), member.asked)
            member.covered, member.answered = uses.covered, []
            member.refusal = uses.refusal or self._tried(member, changing | set(uses.covered))
            member.edits = [*uses.edits]
            member.answered += dict.fromkeys(uses.hazards)

    def _changing(self) -> set[ast.AST]:
        """What raises httpx's exceptions in place of requests'."""
        asking = {node for member in self.going for node in (member.node, *member.covered)}
        return asking | {node for each in self.raised for node in (each.node, each.made)}

    def _fits(self, each: Raised) -> bool:
        """Whether all that waits for an exception can wait for httpx's, and nothing does that has not before."""
        answers = Answers(self.opened, self.module, self.function)
        named = {answers.name_of(member.node) for member in self.going if not member.asked.streams}
        places = list(self.errors.around(self.module, self.opened, each.node))
        for place in places:
            beside = self._raising.beside(place.module, place.opened, place.body, self._changing())
            edits, refusal = self._reworded(place, beside=beside)
            if refusal:
                return False
            self.waiting[place.node] = edits
        return named.issuperset(answer.id for answer in each.answers) and not any(
            self.errors.name(place.module, place.opened, kind).startswith("httpx")
            for place in (*places, *self.errors.above, *self._hidden.places)
            for kind in place.types
        )

    def _tried(self, member: Member, going: set[ast.AST]) -> str:
        """Why what waits for the exceptions of a call cannot follow it."""
        nodes = (member.node, *member.covered)
        places = [place for node in nodes for place in self.errors.around(self.module, self.opened, node)]
        for place in {each.node: each for each in places}.values():
            beside = self._raising.beside(place.module, place.opened, place.body, going)
            edits, refusal = self._reworded(place, beside=beside)
            if refusal:
                return f"line {place.node.lineno} {refusal}"
            if not edits:
                continue
            inside = {node for statement in place.body for node in ast.walk(statement)}
            for situation in self.work.situations:
                ours = situation.site.entry.name.startswith("requests.") and situation.node in inside
                if ours and situation.node not in going and not _is_part(situation):
                    return f"line {situation.node.lineno}, under the same `try`, stays with requests"
            self.waiting[place.node] = edits
            what = f"the `except` of line {place.node.lineno} catches"
            what = what if isinstance(place.node, ast.ExceptHandler) else f"line {place.node.lineno} waits for"
            member.answered.append(_other_classes(what, edits))
        return ""

    def _reworded(self, place: Place, *, beside: bool) -> tuple[list[Reword], str]:
        # What is wrong with JSON is an exception of requests, and none of httpx.
        reads_json = self._raising.reads_json(place.module, place.opened, place.body)
        uncertain = {member.node for member in self.going if not member.asked.certain}
        inside = uncertain if place in self.errors.above else {each for s in place.body for each in ast.walk(s)}
        addresses = not uncertain.isdisjoint(inside)
        if self._hidden.is_hidden(place):
            # Every function that changes has to make the same of it.
            beside, reads_json, addresses = True, self._raising.json_anywhere, bool(uncertain)
        return self.errors.reworded(place, beside=beside, reads_json=reads_json, addresses=addresses)

    def _above(self) -> str:
        """Why what waits for the function's exceptions outside of it cannot follow."""
        self.above = defaultdict(list)
        self.waits_above = []
        going = self._changing()
        ours = [each for each in self.work.situations if each.site.entry.name.startswith("requests.")]
        whole = all(each.node in going or _is_part(each) for each in ours) and not self._raising.beside(
            self.module, self.opened, self.function.body, going
        )
        changing: set[ast.AST | Definition] = {*going, self.work.function} if whole else set()
        hidden: dict[Place, list[Reword]] = {}
        for place in {each.node: each for each in (*self._hidden.places, *self.errors.above)}.values():
            beside = not whole or self._raising.beside(place.module, place.opened, place.body, changing)
            edits, refusal = self._reworded(place, beside=beside)
            if refusal:
                return f"{place.shown} {refusal}"
            if edits and place.module.path not in self.project.within:
                return f"{place.shown} waits for what requests raises, and is not among the paths given"
            if edits and client_of(self.project, place.module.path)[0] != self.library:
                return f"{place.shown} waits for what requests raises, and its project does not declare {self.library}"
            if not edits:
                continue
            self.above[place.module.path] += edits
            if self._hidden.is_hidden(place):
                hidden[place] = edits
            else:
                self.waits_above.append(_other_classes(f"{place.shown} waits for", edits))
        if hidden:
            more = f" and {len(hidden) - 1} more wait for" if len(hidden) > 1 else " waits for"
            every = [edit for edits in hidden.values() for edit in edits]
            self.waits_above.append(_other_classes(f"{next(iter(hidden)).shown}{more}", every))
        return ""

    def _sessions(self) -> None:
        """A session goes with all of its calls, or stays."""
        for session in {each.session for each in self.members if each.session is not None and not each.session.kept}:
            going = {member.node for member in self.going}
            for node in session.calls:
                if node not in going:
                    self._refuse(
                        (member for member in self.going if member.session is session),
                        f"line {node.lineno} stays with the session",
                    )

    def _whole(self) -> None:
        """Look at what stands against all of them, and for the place of the client's block."""
        if not self.going:
            return
        hazard = worst(self._of_all())
        elsewhere = self.project.once("http: elsewhere", lambda: _named_elsewhere(self.project))
        above = self._above()
        if hazard is not None and hazard.level == "manual":
            self._refuse(self.going, hazard.reason)
        elif elsewhere:
            self._refuse(self.going, f"{elsewhere} is for requests, and httpx does not read it")
        elif above:
            self._refuse(self.going, above)
        elif self.loose:
            self._placed()

    def _placed(self) -> None:
        special = [member for member in self.loose if member.asked.verify or member.asked.cookies]
        if special and self.shares():
            self._refuse(self.loose, "what it tells the client is not for the other calls that would share it")
            return
        found = around(self.opened, self.function, [member.node for member in self.loose])
        if isinstance(found, str):
            self._refuse(self.loose, found)
        else:
            self.block = found

    def _refuse(self, members: Iterator[Member] | list[Member], reason: str) -> None:
        for member in list(members):
            member.refusal = reason

    def _of_all(self) -> Iterator[Hazard]:
        """What a person should look at, for all calls at once."""
        if self.library not in self.project.runtime(self.module.path):
            both = "neither httpx nor httpx2, which continues it, is" if not self.named else f"{self.library} is not"
            yield Hazard("unsafe", f"{both} among what the project declares that it needs to run")
        yield from self._of_sharing()
        yield from self.project.once("http: mocks", lambda: list(_mocks(self.project)))
        yield from self.project.once("http: in tests", lambda: list(in_tests(self.project)))
        yield from self._hidden.hazards
        yield from self._handlers()[0]

    @property
    def _hidden(self) -> Hidden:
        return self.project.once("http: hidden", lambda: Hidden(self.project, self._raising))

    def _handlers(self) -> tuple[list[Hazard], dict[str, list[Edit]]]:
        """What becomes of the application's exception handlers."""
        handlers = self.project.once("http: handlers", lambda: Handlers(self.project))
        reads_json = self._raising.reads_json(self.module, self.opened, self.function.body)
        return handlers.beside(reads_json=reads_json)

    def _of_sharing(self) -> Iterator[Hazard]:
        if self.shares():
            yield Hazard("unsafe", "calls share a client, so a cookie that a redirect sets is not sent on")

    def shares(self) -> bool:
        """Whether several calls are made by the client of the block."""
        loose = self.loose
        return len(loose) > 1 or any(
            isinstance(above, _LOOPS) for member in loose for above, _ in self.opened.ancestors(member.node)
        )

    def _edits(self) -> Iterator[Edit]:
        texts = Texts(self.opened, self.module, self.function, self.library)
        if self.loose:
            yield from texts.block(self.loose, self.block, shared=self.shares(), own=self.own)
        for session in self.sessions:
            yield from texts.session(session, [member for member in self.going if member.session is session])
        for member in self.going:
            yield from member.edits
        for each in self.raised:
            yield each.edit
        changing = self._changing()
        places = {place.node for node in changing for place in self.errors.around(self.module, self.opened, node)}
        for node, edits in self.waiting.items():
            if node in places:
                yield from edits
        yield from texts.codes(self.project.program)


def _is_part(situation: Situation) -> bool:
    """Whether a site reads on in an answer that is there."""
    return situation.site.entry.name.startswith("requests.Response.")


def _other_classes(what: str, edits: Sequence[Reword]) -> Hazard:
    """What a person should know about something that waits for other classes from now on."""
    beside = any(kept in edit.text for edit in edits for kept in ("{}", "OSError", "(ValueError"))
    errors = "httpx's exceptions"
    if any("ValueError" in edit.text and edit.name != "ValueError" for edit in edits):
        errors += " and every ValueError, which is what wrong JSON raises,"
    return Hazard("unsafe", f"{what} {errors} {'as well' if beside else 'instead'}")


def client_of(project: Project, path: str) -> tuple[str, str]:
    """The library to use, and who names it: the settings, or a manifest, for running before working on it."""
    if project.http_client != "auto":
        return project.http_client, " (the settings name it)"
    for names in (project.runtime(path), project.named(path)):
        for name in ("httpx2", "httpx"):
            if name in names:
                return name, " (a dependency)"
    return "httpx", ""


def _mocks(project: Project) -> Iterator[Hazard]:
    """Tests that answer in place of a server."""
    for module, library in mocking(project):
        yield Hazard("unsafe", f"{module.shown} answers for requests with {library}, which httpx does not ask")
        return


def mocking(project: Project) -> Iterator[tuple[Module, str]]:
    """The modules that use a library which answers for requests, with its name."""
    libraries = frozenset(catalog.http()["mocks"]["modules"])
    for module in project.program.modules.values():
        found = sorted(module.imported_roots & libraries)
        if found:
            yield module, found[0]


def _named_elsewhere(project: Project) -> str:
    for _, text in project.texts():
        for name in _ELSEWHERE:
            if name in text:
                return name
    return ""
