"""The one path from files to a result: read, link, find, decide, rewrite, verify."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from codemods import catalog, facts, verify
from codemods.catalog import Knowledge
from codemods.config import Settings
from codemods.dependencies import Dependencies
from codemods.facts import Trees
from codemods.hazards.patches import Patches
from codemods.loop import Deadlines, evidence, survey
from codemods.manifests import Replacing
from codemods.model import IMPACTS, Change, Fault, Result
from codemods.mods import Project, Retool, Speak
from codemods.plan import decide, edits_for, ignored, notes, together, touched, unused
from codemods.program import Module, Program
from codemods.program.classes import is_test
from codemods.program.values import Definition
from codemods.reading import Reading, place, read_all
from codemods.remembering import keep, recall
from codemods.source import discover, installed_roots, line_length, project_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from codemods.edits import Edit
    from codemods.loop import Kept, Site, Survey
    from codemods.manifests import Needed
    from codemods.model import Finding, Remark
    from codemods.plan import Decision


@dataclass(frozen=True, slots=True)
class Request:
    """What to look at, and how."""

    paths: tuple[str, ...] = (".",)
    settings: Settings = field(default_factory=Settings)
    jobs: int = 0
    """How many processes read files; 0 for as many as there are processors."""
    cache: bool = True
    evidence: bool = False
    """Whether findings say what was inferred about the receivers, and from where."""
    progress: Callable[[int, int], None] | None = None


def find(request: Request) -> Result:
    """Every finding, with what could be done about it; nothing is rewritten."""
    return _Run(request).result()


def rewrite(request: Request) -> Result:
    """The findings, and verified new contents of the files where they can be settled."""
    return _Run(request).rewritten()


def stepwise(request: Request) -> tuple[Result, tuple[tuple[str, Result], ...]]:
    """A rewrite, and the way there: after one codemod, after that and the next, and so on to the whole of it.

    Where fixes of several codemods cannot be made one without the other, they make one step, named by all of them.
    """
    run = _Run(request)
    whole = run.rewritten()
    names = sorted({finding.codemod or "" for change in whole.changes for finding in change.fixed})
    steps: list[tuple[str, Result]] = []
    together: list[str] = []
    for count, name in enumerate(names, 1):
        part = whole if count == len(names) else run.rewritten(frozenset(names[:count]))
        together.append(name)
        before = steps[-1][1].changes if steps else ()
        if part.changes != before and part.faults == whole.faults:
            steps.append((", ".join(together), part))
            together = []
    return whole, tuple(steps)


class _Run:
    """One request's files, linked and decided upon."""

    def __init__(self, request: Request) -> None:
        self.settings = request.settings
        self.explaining = request.evidence
        named, missing = discover(request.paths, self.settings.exclude)
        around = [path for path in map(project_of, request.paths) if path is not None]
        context, _ = discover(around, self.settings.exclude)
        self.reading: Reading = read_all(
            [*named, *context], jobs=request.jobs, cache=request.cache, progress=request.progress
        )
        self.within = frozenset(place(file) for file in named)
        shown = {file.path for file in named}
        self.faults = [*missing, *(fault for fault in self.reading.faults if fault.path in shown)]
        self.installed = installed_roots(self.reading.data)
        self.program = Program.link(self.reading.modules, self.reading.unread, self.installed)
        self.knowledge = Knowledge(dict(self.settings.blocking), self.settings.not_blocking)
        kept = recall(self.reading, self.program, self.settings)
        self.survey = self.survey_of(self.program, self.within, kept)
        keep(self.reading, self.settings, kept)
        self.dependencies = Dependencies(self.reading.real)
        self.project = self.project_of(self.program, self.survey, self.reading.data)
        self.drafted: dict[tuple[str, tuple[Edit, ...], tuple[Finding, ...]], _Draft | str] = {}
        self.found = list(decide(self.project, self.settings.codemods))
        self.decisions = [each for each in self.found if self.asked_for(each.site)]

    def survey_of(self, program: Program, within: frozenset[str], kept: Kept | None = None) -> Survey:
        """Every site of some of a program's files."""
        kinds = self.settings.select - self.settings.ignore
        return survey(program, self.knowledge, within=within, kinds=kinds, kept=kept)

    def project_of(self, program: Program, found: Survey, data: Mapping[str, bytes]) -> Project:
        """The sites that the settings and comments leave, with all that decisions about them may look at."""
        sites: dict[Definition, list[Site]] = defaultdict(list)
        for site in found.sites:
            if self.asked_for(site):
                sites[Definition(site.module.path, site.function)].append(site)
        trees = Trees(data)
        return Project(
            program,
            found,
            sites,
            Deadlines(program),
            Patches(program),
            trees.open,
            trees.glance,
            lambda: ((path, text.decode("utf-8", "replace")) for path, text in data.items()),
            self.within,
            self.settings.offload,
            self.settings.prefer,
            self.settings.http_client,
            self.dependencies.runtime,
            self.dependencies.always,
            self.dependencies.named,
            self.dependencies.allows,
        )

    def asked_for(self, site: Site) -> bool:
        """Whether the settings ask for findings like this, and no comment asks for silence."""
        settings, kind = self.settings, site.entry.kind
        file = Path(site.module.path)
        return (
            kind in settings.select - settings.ignore
            and IMPACTS.index(site.impact) >= IMPACTS.index(settings.impact)
            and not any(kind in kinds and where.matches(file) for where, kinds in settings.per_file_ignores)
            and not ignored(site)
        )

    def applied(self, decision: Decision) -> bool:
        """Whether a fix is to be made: a safe one, or an unsafe one that was asked for."""
        finding = decision.finding
        return finding.codemod is not None and (finding.level == "safe" or finding.codemod in self.settings.unsafe)

    def explained(self, decision: Decision) -> Finding:
        """A finding with what was inferred on the way to it, and what else was thought of."""
        inferred = evidence(self.survey.calls, decision.site)
        return replace(decision.finding, evidence=inferred, passed_over=decision.passed_over)

    def rewritten(self, codemods: frozenset[str] | None = None) -> Result:
        """The run with new contents, as far as some codemods make them."""
        changes, faults = self.changes(codemods)
        result = self.result()
        of_manifests, more, wrong = self.manifests(changes)
        if wrong:
            changes, of_manifests = [], []
        return replace(
            result,
            changes=tuple(sorted([*changes, *of_manifests], key=lambda change: change.path)),
            notes=tuple(sorted((*result.notes, *more))),
            faults=tuple(sorted((*result.faults, *faults, *wrong))),
        )

    def result(self) -> Result:
        """The run as plain data, in the order of the text."""
        findings = map(self.explained, self.decisions) if self.explaining else (each.finding for each in self.decisions)
        looked_at = [module for path, module in self.program.modules.items() if path in self.within]
        sites = (*self.survey.sites, *(each.site for each in self.found))
        return Result(
            files=len(self.within),
            functions_on_loop=self.survey.functions_on_loop,
            findings=tuple(sorted(findings, key=lambda finding: (finding.path, finding.span))),
            unresolved=tuple(sorted(self.survey.unresolved)),
            stopped=tuple(sorted(self.program.modules[path].shown for path in self.survey.stopped if path)),
            notes=tuple(sorted(notes(self.project, filter(self.applied, self.decisions)))),
            unused_ignores=tuple(sorted(unused(looked_at, sites))),
            faults=tuple(sorted(self.faults)),
        )

    def changes(self, codemods: frozenset[str] | None = None) -> tuple[list[Change], list[Fault]]:
        """New contents for every file with fixes to make, as far as they pass all checks.

        Fixes that belong together are made together: where one file of theirs fails, none of theirs changes.
        """
        applied = [
            each
            for each in self.decisions
            if self.applied(each) and (codemods is None or each.finding.codemod in codemods)
        ]
        faults: dict[str, Fault] = {}
        drafts: dict[str, _Draft] = {}
        while applied:
            edits = edits_for(self.project, applied)
            drafts, failed = self.drafts(edits, applied)
            failed |= self.failures(drafts, applied) if not failed else {}
            if not failed:
                break
            for path, reason in failed.items():
                faults.setdefault(path, Fault(self.program.modules[path].shown, 0, reason))
            applied = together(self.project, applied, failed)
            drafts = {}
        changes = [
            Change(draft.shown, self.reading.real[path], draft.before, draft.after, draft.fixed)
            for path, draft in sorted(drafts.items())
        ]
        return changes, list(faults.values())

    def manifests(self, changes: Sequence[Change]) -> tuple[list[Change], list[Remark], list[Fault]]:
        """What new contents mean for the manifests: what is needed now, in which version, and what nothing uses."""
        fixed = {finding.id for change in changes for finding in change.fixed}
        replacing: dict[Replacing, list[str]] = defaultdict(list)
        needed: dict[Needed, set[str]] = defaultdict(set)
        for decision in self.decisions:
            change = decision.change
            if decision.finding.id not in fixed:
                continue
            if isinstance(change, Retool):
                for need in change.needs:
                    needed[need] |= {path for path, _ in change.files}
                for new in change.brings:
                    replacing[new].append(decision.site.module.path)
            elif isinstance(change, Speak):
                old = decision.site.entry.name.partition(".")[0]
                bound = catalog.http()["bounds"].get(change.library)
                if old != change.library and bound is not None:
                    replacing[Replacing(old, change.library, bound)].append(decision.site.module.path)
        if not replacing and not needed:
            return [], [], []
        after = {change.file: change.after for change in changes}
        names = {each.old for each in replacing}
        used = {
            name
            for path, data in self.reading.data.items()
            for name in names
            if name.encode() in after.get(self.reading.real[path], data)
        }
        return self.dependencies.changed(replacing, used, needed)

    def drafts(
        self, edits: Mapping[str, Sequence[Edit]], applied: Sequence[Decision]
    ) -> tuple[dict[str, _Draft], dict[str, str]]:
        """Every file rewritten and its text checked, or why it is left alone."""
        fixed: dict[str, list[Finding]] = defaultdict(list)
        for decision in applied:
            path, change = decision.site.module.path, decision.change
            # What changes in other files may settle it.
            where = change.files[0][0] if path not in edits and isinstance(change, Retool) else path
            fixed[where].append(decision.finding)
        drafts: dict[str, _Draft] = {}
        failed: dict[str, str] = {}
        for path, of_file in sorted(edits.items()):
            key = (path, tuple(of_file), tuple(fixed[path]))
            if key not in self.drafted:
                self.drafted[key] = self.draft(*key)
            draft = self.drafted[key]
            if isinstance(draft, str):
                failed[path] = draft
            else:
                drafts[path] = draft
        return drafts, failed

    def draft(self, path: str, edits: Sequence[Edit], fixed: tuple[Finding, ...]) -> _Draft | str:
        """One file rewritten and its text checked, or why it is left alone."""
        # libcst takes longer to import than most files take to read: only rewriting pays for it.
        from codemods.rewriting import UnchangeableError, rewrite  # noqa: PLC0415

        before = self.reading.data[path]
        reason = verify.compiles(before)
        if reason:
            return f"left alone because it does not compile: {reason}"
        try:
            after = rewrite(before, edits, line_length(self.reading.real[path]))
        except UnchangeableError as error:
            return f"left alone: {error}"
        except Exception as error:  # noqa: BLE001 (whatever libcst trips over: this file is left alone, the others go on)
            return _internal([f"{type(error).__name__}: {error}"])
        reason = verify.compiles(after)
        opened = self.project.open(path)
        lines = touched(opened, edits)
        reasons = (
            [reason] if reason else [*verify.text_faults(before, after, lines), *verify.unbound(opened.tree, after)]
        )
        if reasons:
            return _internal(reasons)
        return _Draft(self.program.modules[path].shown, before, after, fixed)

    def failures(self, drafts: Mapping[str, _Draft], applied: Sequence[Decision]) -> dict[str, str]:
        """Analyse the program as it would be, and plan again: what was fixed is gone, and nothing is left to do."""
        modules = {path: Module(path, draft.shown, facts.read(draft.after)) for path, draft in drafts.items()}
        program = Program.link([*(self.program.modules | modules).values()], self.reading.unread, self.installed)
        data = {**self.reading.data, **{path: draft.after for path, draft in drafts.items()}}
        project = self.project_of(program, self.survey_of(program, frozenset(drafts)), data)
        again = [each for each in decide(project, self.settings.codemods) if self.asked_for(each.site)]
        done = {decision.finding.id for decision in applied}
        # Fixes that cannot be made because another file of theirs failed are still there to be made.
        given_up = {each.finding.id for each in self.decisions if self.applied(each)} - done
        failed: dict[str, str] = {}
        for path in drafts:
            now = [decision for decision in again if decision.site.module.path == path]
            left = [
                each.finding for each in self.decisions if each.site.module.path == path and each.finding.id not in done
            ]
            # A test that awaited what is a plain function now makes the call itself.
            found = () if is_test(path) else [decision.finding for decision in now]
            reasons = list(verify.analysis_faults(() if is_test(path) else left, found))
            if any(self.applied(each) and each.finding.id not in given_up for each in now):
                reasons.append("a second run would change it again")
            before = verify.forgotten(self.program, self.program.modules[path])
            if verify.forgotten(program, program.modules[path]) > before:
                reasons.append("a coroutine would be left that nothing awaits")
            if reasons:
                failed[path] = _internal(reasons)
        return failed


@dataclass(frozen=True, slots=True)
class _Draft:
    """A file's new contents on their way through the checks."""

    shown: str
    before: bytes
    after: bytes
    fixed: tuple[Finding, ...]


def _internal(reasons: Sequence[str]) -> str:
    return f"internal error, left alone: the rewritten file fails its check ({'; '.join(reasons)}); please report it"
