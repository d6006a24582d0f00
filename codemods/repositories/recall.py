"""What an earlier run has found out about the same commit, asked in the same way by the same offloop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from codemods.repositories.task import Task, unpacked
from codemods.source import EmptyError, Repository, RepositoryError, Results, head_of, published

if TYPE_CHECKING:
    from codemods.model import Outcome


def recalled(task: Task) -> Outcome | None:
    """The outcome of an earlier run, with its files in this one's folder; a branch that it made is still there."""
    if not task.plan.cache:
        return None
    repository = Repository(task.entry.where, task.entry.ref)
    try:
        commit = repository.commit()
    except (RepositoryError, EmptyError):
        return None
    results = Results(Path(task.out), task.entry.name)
    kept = results.recall(task.key_of(commit)) if commit else None
    if kept is None:
        return None
    outcome = unpacked(kept)
    if outcome.branch and head_of(repository.folder or results.clone, outcome.branch) != outcome.head:
        return None
    if outcome.pushed and _published(repository, outcome.branch) != outcome.head:
        return None
    return noted(task, replace(outcome, seconds=0))


def _published(repository: Repository, branch: str) -> str:
    try:
        return published(repository, branch)
    except RepositoryError:
        return ""


def noted(task: Task, outcome: Outcome) -> Outcome:
    """An outcome with what is worth knowing about the repository at this moment."""
    remarks = Repository(task.entry.where, task.entry.ref).remarks() if outcome.commit else ()
    return replace(outcome, notes=(*task.entry.notes, *outcome.notes, *remarks))
