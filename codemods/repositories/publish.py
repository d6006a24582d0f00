"""What leaves a checkout: its branch, and what a pull request for it is to say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codemods.repositories.body import written
from codemods.source import REQUEST, Remote, RepositoryError

if TYPE_CHECKING:
    from codemods.model import Outcome, Result
    from codemods.repositories.task import Task
    from codemods.source import Checkout, Results


def pushed(task: Task, checkout: Checkout, outcome: Outcome, whole: Result, results: Results) -> Outcome:
    """The outcome once its branch is where pull requests come from; what is in the way marks it."""
    remote = Remote(checkout.repository, checkout.folder)
    try:
        if task.plan.pull_request:
            request = _request(task, remote, outcome, whole)
            results.write(REQUEST, json.dumps(request, indent=1).encode())
        head = remote.push(checkout, outcome.branch, outcome.head)
    except RepositoryError as error:
        return replace(outcome, status="failed", reason=f"was not pushed: {error}")
    results.say(f"{outcome.branch} at {remote.name} is {head}")
    return replace(outcome, head=head, pushed=True)


def _request(task: Task, remote: Remote, outcome: Outcome, whole: Result) -> dict[str, Any]:
    """The pull request that another process is to open."""
    to, source = remote.address, remote.pushed_to
    if to is None or source is None:
        raise RepositoryError(f"the URL of its remote {remote.name} is not one of GitHub, where gh opens pull requests")
    if not remote.base:
        raise RepositoryError(f"its remote {remote.name} does not say which branch is its default; name one (ref=)")
    title, body = written(task, outcome, whole)
    return {
        "host": to.host,
        "repository": f"{to.owner}/{to.name}",
        "head": f"{source.owner}:{outcome.branch}",
        "base": remote.base,
        "title": title,
        "body": body,
        "draft": task.plan.draft,
    }
