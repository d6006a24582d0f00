"""All calls of one coroutine: which of them go to httpx together, how sure that is, and why others stay."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.hazards import Hazard, patched, worst
from codemods.mods.catching import registered
from codemods.mods.codemod import Speak, Verdict
from codemods.mods.http.answers import Answers
from codemods.mods.http.blocks import around
from codemods.mods.http.errors import Errors, raised
from codemods.mods.http.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.edits import Edit, Reword
    from codemods.hazards import Situation
    from codemods.mods.codemod import Project, Work
    from codemods.mods.http.member import Member
    from codemods.mods.http.sessions import Session
    from codemods.program import Module

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
        self.handlers: dict[ast.ExceptHandler, list[Reword]] = {}
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
        while True:
            before = len(self.going)
            self._answered()
            self._sessions()
            self._whole()
            if len(self.going) == before:
                break

    def decide(self, found: list[Verdict | None], elsewhere: tuple[tuple[str, tuple[Edit, ...]], ...] = ()) -> None:
        """Put in a verdict for each call; `elsewhere` is what goes with sessions that the module keeps."""
        self.settle()
        for member in self.members:
            if member.refusal:
                found[member.number] = Verdict("manual", member.refusal)
        if not self.going:
            return
        hazards = [hazard for member in self.going for hazard in (*member.hazards, *member.asked.hazards)]
        hazards += [hazard for session in self.sessions for hazard in session.hazards]
        hazard = worst([*hazards, *self._of_all()])
        kept = any(session.kept for session in self.sessions)
        change = Speak(self.library, tuple(self._edits()), elsewhere if kept else ())
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
            member.refusal = f"`{callee}` may stand for something else as well"
            return
        hazard = worst([*self.project.of_await(situation), *patched.hazards(situation)])
        if hazard is not None and hazard.level == "manual":
            member.refusal = hazard.reason
        elif hazard is not None:
            member.hazards.append(hazard)

    def _answered(self) -> None:
        """Look at what becomes of the answers, and at who catches the exceptions."""
        answers = Answers(self.opened, self.module, self.function)
        going = {member.node for member in self.going}
        for member in self.going:
            uses = answers.of(member.node, set(going), streams=member.asked.streams)
            member.refusal = uses.refusal or self._tried(member, set(going))
            member.covered = uses.covered
            member.edits = [*uses.edits]
            member.hazards = list(dict.fromkeys([*member.hazards, *uses.hazards]))

    def _tried(self, member: Member, going: set[ast.AST]) -> str:
        """Why the handlers around a call cannot follow it."""
        for block in self.errors.tries(member.node):
            for handler in block.handlers:
                edits, refusal = self.errors.reworded(block, handler)
                if refusal:
                    return refusal
                if not edits:
                    continue
                inside = {node for statement in block.body for node in ast.walk(statement)}
                for situation in self.work.situations:
                    ours = situation.site.entry.name.startswith("requests.") and situation.node in inside
                    if ours and situation.node not in going and not _is_part(situation):
                        return f"line {situation.node.lineno}, under the same `try`, stays with requests"
                self.handlers[handler] = edits
                reason = f"the `except` of line {handler.lineno} catches httpx's exceptions instead"
                member.hazards.append(Hazard("unsafe", reason))
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
        above = self.errors.above
        if hazard is not None and hazard.level == "manual":
            self._refuse(self.going, hazard.reason)
        elif elsewhere:
            self._refuse(self.going, f"{elsewhere} is for requests, and httpx does not read it")
        elif above:
            self._refuse(self.going, f"{above} catches what requests raises, and would not catch httpx's exceptions")
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
        yield from self.project.once("http: registered", lambda: list(registered(self.project, raised())))

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
        tries = {block for member in self.going for block in self.errors.tries(member.node)}
        if self.loose:
            yield from texts.block(self.loose, self.block, shared=self.shares(), own=self.own)
        for session in self.sessions:
            yield from texts.session(session, [member for member in self.going if member.session is session])
        for member in self.going:
            yield from member.edits
        for handler, edits in self.handlers.items():
            if any(handler in each.handlers for each in tries):
                yield from edits
        yield from texts.codes(self.project.program)


def _is_part(situation: Situation) -> bool:
    """Whether a site reads on in an answer that is there."""
    return situation.site.entry.name.startswith("requests.Response.")


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
