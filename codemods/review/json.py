"""The contract for scripts: version 1 of the JSON report."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codemods import __version__
from codemods.model import LEVELS

if TYPE_CHECKING:
    from codemods.model import Finding, Result

SCHEMA = 1


def report(result: Result) -> str:
    """The whole result as JSON; ASCII, so that any output can carry it."""
    levels: Counter[str] = Counter(finding.level for finding in result.findings)
    whole = {
        "schema": SCHEMA,
        "tool": {"name": "offloop", "version": __version__},
        "summary": {
            "files": result.files,
            "functions_on_loop": result.functions_on_loop,
            "findings": len(result.findings),
            **{level: levels[level] for level in LEVELS},
            "unresolved_calls": len(result.unresolved),
            "errors": len(result.faults),
        },
        "findings": [_finding(finding) for finding in result.findings],
        "unused_ignores": [asdict(remark) for remark in result.unused_ignores],
        "notes": [asdict(remark) for remark in result.notes],
        "errors": [
            {"path": fault.path, "line": fault.line or None, "message": fault.message} for fault in result.faults
        ],
    }
    return f"{json.dumps(whole, indent=1)}\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "path": finding.path,
        "line": finding.span.line,
        "column": finding.span.column,
        "end_line": finding.span.end_line,
        "end_column": finding.span.end_column,
        "function": finding.function,
        "kind": finding.kind,
        "impact": finding.impact,
        "callee": finding.callee,
        "chain": [{"path": step.path, "line": step.line, "function": step.function} for step in finding.chain],
        "codemod": finding.codemod,
        "level": finding.level,
        "reason": finding.reason,
    }
