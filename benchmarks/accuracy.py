#!/usr/bin/env python3
"""Score offloop against what people read and wrote: small programs, and functions of public repositories.

    benchmarks/accuracy.py snippets
    benchmarks/accuracy.py labels --repos DIR

`snippets/` holds 74 small programs, each one pattern; lines that stall the loop carry `#B`, and `index.json` says
whether a program blocks, and what six other tools said of it. `labels.jsonl` holds 70 functions of public
repositories, read by hand. DIR holds bare or plain git clones of those repositories, named owner+name; each is read
at the commit that its label names. Exits with 1 where a snippet is missed or wrongly flagged, or the labels fall
below the goals.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codemods.config import Settings
from codemods.engine import Request, find

if TYPE_CHECKING:
    from codemods.model import Finding

HERE = Path(__file__).resolve().parent
RECALL, PRECISION = 0.93, 0.97
MANIFESTS = {"pyproject.toml", "setup.cfg", "setup.py", "Pipfile", "requirements.txt"}
LINK = ("120000", "160000")


def findings(folder: Path) -> tuple[Finding, ...]:
    """All that offloop finds in a folder."""
    with chdir(folder):
        return find(Request((".",), Settings(impact="low"), cache=False)).findings


def snippets() -> bool:
    """The small programs, beside what other tools say of them."""
    tally: Counter[str] = Counter()
    peers: Counter[str] = Counter()
    for case in json.loads((HERE / "snippets/index.json").read_text("utf-8")):
        folder = HERE / "snippets" / case["dir"]
        marked = {
            (file.relative_to(folder).as_posix(), number)
            for file in folder.rglob("*.py")
            for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
            if "#B" in line
        }
        with tempfile.TemporaryDirectory() as temporary:
            # A project of its own: inside this one, all of this one would be read with it.
            found = findings(Path(shutil.copytree(folder, temporary, dirs_exist_ok=True)))
        places = {(each.path, each.span.line) for each in found}
        places |= {(step.path, step.line) for each in found for step in each.chain}
        blocks = case["verdict"] == "blocks"
        right = bool(places & marked) if blocks else not found
        tally["blocks" if blocks else "safe"] += 1
        tally["caught" if blocks else "silent"] += right
        if not right:
            print(f"  {case['dir']}: {'missed' if blocks else 'flagged'}")
        peers.update(peer for peer, said in case["peers"].items() if blocks and said.startswith("caught"))
    flagged = tally["safe"] - tally["silent"]
    print(f"snippets: {tally['caught']} of {tally['blocks']} caught, {flagged} of {tally['safe']} safe ones flagged")
    print(f"          caught by others: {dict(peers.most_common())}")
    return tally["caught"] == tally["blocks"] and tally["silent"] == tally["safe"]


def labels(repos: Path) -> bool:
    """The functions that people read."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in (HERE / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        groups[label["repo"], label["commit"]].append(label)
    tally: Counter[str] = Counter()
    for (repo, commit), group in sorted(groups.items()):
        clone = repos / repo.replace("/", "+")
        clone = clone / "repo" if (clone / "repo" / "HEAD").exists() else clone
        if not clone.exists():
            tally["not here"] += len(group)
            continue
        with tempfile.TemporaryDirectory() as folder:
            unpack(clone, commit, Path(folder))
            found = findings(Path(folder))
        for label in group:
            judge(label, found, tally)
    recall = tally["found"] / max(1, tally["found"] + tally["missed"])
    precision = tally["found"] / max(1, tally["found"] + tally["wrong"])
    print(f"labels: recall {recall:.3f}, precision {precision:.3f} {dict(tally)}")
    return recall >= RECALL and precision >= PRECISION and not tally["not here"]


def judge(label: dict[str, Any], found: tuple[Finding, ...], tally: Counter[str]) -> None:
    """Compare one label with what was found."""
    lines = range(label["line"], label["end_line"] + 1)
    hits = [each for each in found if each.path == label["file"] and each.span.line in lines]
    if label["blocking"] and label["severity"] != "minor":
        tally["found" if hits else "missed"] += 1
        tally["sites"] += len(label["sites"])
        tally["sites found"] += sum(site["line"] in {each.span.line for each in hits} for site in label["sites"])
    elif not label["blocking"]:
        tally["wrong" if hits else "silent"] += 1
    if bool(hits) != label["blocking"] and label["severity"] != "minor":
        verdict = "wrong" if hits else "missed"
        print(f"  {label['repo']} {label['file']}:{label['line']} {label['qualname']}: {verdict}")


def unpack(clone: Path, commit: str, folder: Path) -> None:
    """The Python files and manifests of a commit."""
    listed = subprocess.run(["git", "-C", clone, "ls-tree", "-r", "-z", commit], capture_output=True, check=True)
    with subprocess.Popen(
        ["git", "-C", clone, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as batch:
        assert batch.stdin
        assert batch.stdout
        for entry in filter(None, listed.stdout.split(b"\0")):
            about, _, path = entry.partition(b"\t")
            name = os.fsdecode(path)
            if about.decode().startswith(LINK) or not (name.endswith(".py") or Path(name).name in MANIFESTS):
                continue
            batch.stdin.write(about.split()[2] + b"\n")
            batch.stdin.flush()
            head = batch.stdout.readline().split()
            if head[-1] == b"missing":
                continue
            content = batch.stdout.read(int(head[2]) + 1)[:-1]
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def main() -> None:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["snippets", "labels"])
    parser.add_argument("--repos", type=Path)
    args = parser.parse_args()
    if args.what == "labels" and args.repos is None:
        parser.error("--repos DIR is needed")
    sys.exit(0 if (snippets() if args.what == "snippets" else labels(args.repos)) else 1)


if __name__ == "__main__":
    main()
