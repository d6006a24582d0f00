"""All that is done with one repository, in a process of its own.

Check it out, find and rewrite, ask its own check before and after, commit codemod by codemod, and say what came of it.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from codemods import mods
from codemods.config import ConfigError, Text, load, with_table
from codemods.engine import Request, stepwise
from codemods.model import Outcome
from codemods.repositories.message import message
from codemods.repositories.publish import pushed
from codemods.repositories.recall import noted
from codemods.repositories.task import Task, packed
from codemods.review import json
from codemods.review.diff import unified_diff
from codemods.source import (
    Checkout,
    EmptyError,
    Repository,
    RepositoryError,
    Results,
    StoppedError,
    given,
    run,
    without_passwords,
)

if TYPE_CHECKING:
    from codemods.model import Result

_SHOWN = 20_000


def main() -> None:
    """Do what the process that started this one has asked for; the outcome goes to standard output."""
    sys.stdout.buffer.write(packed(work(Task.unpack(given()))))


def work(task: Task) -> Outcome:
    """One repository from its commit to its outcome; whatever is wrong with it is said there."""
    started = time.monotonic()
    results = Results(Path(task.out), task.entry.name, task.attempt)
    results.begin()
    try:
        outcome = _Work(task, results).outcome()
    except RepositoryError as error:
        outcome = task.failed(without_passwords(str(error)))
    except ConfigError as error:
        place = os.path.relpath(
            error.path, results.work if error.path.is_relative_to(results.work) else task.entry.where
        )
        outcome = task.failed(f"{place}:{error.line}: {error.message}")
    except EmptyError as error:
        outcome = replace(task.failed(str(error)), status="empty")
    outcome = replace(noted(task, outcome), seconds=round(time.monotonic() - started, 2))
    results.say(f"{outcome.status}{f': {outcome.reason}' if outcome.reason else ''}")
    return outcome


class _Work:
    def __init__(self, task: Task, results: Results) -> None:
        self.task = task
        self.results = results
        self.repository = Repository(task.entry.where, task.entry.ref)

    def outcome(self) -> Outcome:
        """What comes of it."""
        task, results = self.task, self.results
        commit = self.repository.commit()
        results.say(f"{task.entry.where} at {commit or 'whatever is in the folder'}")
        if not commit:
            return self.without_git(Path(task.entry.where))
        with self.repository.checked_out(commit, results.work) as checkout:
            outcome = self.looked_at(checkout)
        if not outcome.trouble:
            results.remember(task.key_of(commit), packed(outcome))
        return outcome

    def without_git(self, folder: Path) -> Outcome:
        """A folder that is not a repository gives a patch, and nothing else."""
        whole, _ = self.rewritten(folder)
        outcome = self.reported(whole, folder, "")
        asked = [
            what
            for what, wanted in (
                ("committed", self.task.plan.commit),
                ("pushed", self.task.plan.push),
                ("checked", self.task.plan.verify),
            )
            if wanted
        ]
        notes = (f"it is no git repository, so nothing was {' or '.join(asked)}",) if asked and outcome.changed else ()
        return replace(outcome, notes=(*outcome.notes, *notes))

    def looked_at(self, checkout: Checkout) -> Outcome:
        """A commit's findings and fixes, and what is done with them."""
        whole, steps = self.rewritten(checkout.folder)
        outcome = self.reported(whole, checkout.folder, checkout.base)
        modules = checkout.submodules()
        notes = (f"its submodules were not looked at: {', '.join(modules)}",) if modules else ()
        outcome = replace(outcome, notes=(*outcome.notes, *notes))
        if not whole.changes:
            return outcome
        if self.task.plan.verify:
            outcome = replace(outcome, verified=self.verified(checkout, whole))
        if not self.task.plan.commit:
            return outcome
        before: Result | None = None
        head = checkout.base
        for name, result in steps:
            head = checkout.commit(result.changes, message(name, result, before))
            before = result
        outcome = replace(outcome, branch=self.task.branch, head=checkout.branch(self.task.branch, head))
        if self.task.plan.push and outcome.verified in {"", "passed"}:
            outcome = pushed(self.task, checkout, outcome, whole, self.results)
        if self.repository.folder is None:
            self.results.keep(checkout.folder)
        return outcome

    def rewritten(self, top: Path) -> tuple[Result, tuple[tuple[str, Result], ...]]:
        """The fixes for a folder, with paths as they are seen from it."""
        part = top / self.task.entry.folder
        if not part.is_dir() or not part.resolve().is_relative_to(top.resolve()):
            raise RepositoryError(f"has no folder {self.task.entry.folder!r}")
        with chdir(top):
            known = mods.names()
            settings = load(part, None, known)
            settings = with_table(settings, self.task.entry.settings, Text(Path("manifest"), "", top), known)
            settings = self.task.plan.wishes.over(settings, top, known)
            return stepwise(Request((self.task.entry.folder or ".",), settings, jobs=1, cache=False))

    def reported(self, whole: Result, top: Path, commit: str) -> Outcome:
        """The files of a result, and its figures."""
        self.results.write("report.json", json.report(whole).encode())
        self.results.write("changes.patch", b"".join(unified_diff(change, top) for change in whole.changes))
        left = len(whole.left)
        fixed = len(whole.findings) - left
        outcome = Outcome(
            self.task.entry.name,
            without_passwords(self.task.entry.where),
            "open" if left or whole.faults else "fixed" if whole.changes else "clean",
            commit=commit,
            files=whole.files,
            errors=len(whole.faults),
            findings=len(whole.findings),
            fixed=fixed,
            left=left,
            changed=tuple(change.path for change in whole.changes),
        )
        if not whole.files:
            return replace(outcome, status="empty", reason="has no Python files")
        return outcome

    def verified(self, checkout: Checkout, whole: Result) -> str:
        """What the repository's own check says before and after."""
        before = self.passes(checkout.folder)
        checkout.write(whole.changes)
        after = self.passes(checkout.folder)
        return f"{after}, as before" if after == before != "passed" else after

    def passes(self, folder: Path) -> str:
        """What a run of the check comes to."""
        plan = self.task.plan
        self.results.say(f"$ {plan.verify}")
        try:
            done = run(["sh", "-c", plan.verify], folder, seconds=plan.verify_seconds)
        except StoppedError as error:
            self.results.say(str(error))
            return "took too long"
        said = done.output.decode("utf-8", "replace") + done.errors
        self.results.say(f"{said[-_SHOWN:]}\nended with {done.code}")
        return "failed" if done.code else "passed"


if __name__ == "__main__":
    main()
