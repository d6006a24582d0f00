"""Stands in for `gh`: `gh api` as it answers for github.com, for repositories that lie in a folder.

What it prints was looked up with gh 2.23 and a server that answers as GitHub does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

STATE = Path(os.environ["STAND_IN"])
REASONS = {
    200: "OK",
    201: "Created",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    422: "Unprocessable Entity",
}
LIMIT = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


def main(arguments: list[str]) -> int:
    command, *words = arguments
    assert command == "api"
    options: dict[str, str] = {}
    path = ""
    while words:
        word = words.pop(0)
        if word in {"--hostname", "--method", "--input"}:
            options[word] = words.pop(0)
        elif word != "--include":
            assert not path
            path = word
    content = json.loads(Path(options["--input"]).read_text()) if "--input" in options else None
    with (STATE / "calls.jsonl").open("a") as stream:
        stream.write(json.dumps([options["--hostname"], options["--method"], path, content]) + "\n")
    if not (STATE / "logged-in").exists():
        sys.stderr.write("To get started with GitHub CLI, please run:  gh auth login\n")
        return 4
    headers: dict[str, int] = {}
    status, answer = 0, {}
    for line in trouble(options["--method"]):
        if line == "down":
            sys.stderr.write("error connecting to api.github.com\n")
            return 1
        status, wait = (int(word) for word in line.split())
        headers, answer = ({"Retry-After": wait} if wait else {}), {"message": LIMIT}
    if not status:
        status, answer = answered(options["--method"], urlsplit(path), content)
    # As Go writes them.
    sys.stdout.write(f"HTTP/2.0 {status} {REASONS[status]}\n")
    for name, value in {"Content-Type": "application/json; charset=utf-8", **headers}.items():
        sys.stdout.write(f"{name}: {value}\r\n")
    sys.stdout.write(f"\r\n{json.dumps(answer)}")
    if status >= 400:
        sys.stderr.write(f"gh: {answer['message']} (HTTP {status})\n")
    return status >= 400


def trouble(method: str) -> list[str]:
    """The next thing that goes wrong."""
    file = STATE / f"trouble-{method}"
    lines = file.read_text().splitlines() if file.exists() else []
    file.write_text("\n".join(lines[1:]))
    return lines[:1]


def answered(method: str, url: SplitResult, content: dict[str, Any] | None) -> tuple[int, Any]:
    if url.path == "meta":
        return 200, {}
    _, owner, name, _, *number = url.path.split("/")
    file = STATE / f"{owner}-{name}.json"
    pulls = json.loads(file.read_text()) if file.exists() else []
    bare = STATE / "hub" / owner / f"{name}.git"
    if not bare.exists():
        return 404, {"message": "Not Found"}
    if method == "GET":
        (head,) = parse_qs(url.query)["head"]
        for each in pulls:
            if each["state"] == "open":
                each["head"]["sha"] = commit_of(bare, each["head"]["label"])
        return 200, [each for each in reversed(pulls) if each["head"]["label"] == head]
    assert content is not None
    if method == "POST":
        sha = commit_of(bare, content["head"])
        if not sha or not commit_of(bare, content["base"]):
            return 422, {"message": "Validation Failed", "errors": [{"resource": "PullRequest", "field": "head"}]}
        if any(each["state"] == "open" and each["head"]["label"] == content["head"] for each in pulls):
            message = f"A pull request already exists for {content['head']}."
            return 422, {"message": "Validation Failed", "errors": [{"message": message}]}
        pulls.append(
            {
                "number": len(pulls) + 1,
                "html_url": f"https://github.com/{owner}/{name}/pull/{len(pulls) + 1}",
                "state": "open",
                "merged_at": None,
                "title": content["title"],
                "body": content["body"].strip().replace("\n", "\r\n"),
                "draft": content["draft"],
                "base": {"ref": content["base"]},
                "head": {"label": content["head"], "sha": sha},
            }
        )
        file.write_text(json.dumps(pulls))
        return 201, pulls[-1]
    pull = pulls[int(number[0]) - 1]
    pull |= {"title": content["title"], "body": content["body"], "base": {"ref": content["base"]}}
    file.write_text(json.dumps(pulls))
    return 200, pull


def commit_of(bare: Path, label: str) -> str:
    branch = f"refs/heads/{label.rpartition(':')[2]}"
    done = subprocess.run(
        ["git", "rev-parse", "-q", "--verify", branch], cwd=bare, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
