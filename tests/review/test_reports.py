from __future__ import annotations

import json as standard_json
from dataclasses import replace
from pathlib import Path

import pytest

from codemods.model import Change, Fault, Finding, Remark, Result, Span, Step
from codemods.review import github, json, text
from codemods.review.plain import counted, listed, shown_path, visible

FINDING = Finding(
    id="1a2b",
    path="app/api.py",
    span=Span(12, 9, 12, 40),
    function="UserRepo.load",
    kind="http",
    impact="high",
    callee="requests.get",
    chain=(Step("app/repo.py", 7, "fetch"), Step("app/http.py", 3, "get")),
    codemod="offload",
    level="safe",
    reason="a thread waits",
)
MANUAL = replace(FINDING, id="3c4d", span=Span(20, 1, 22, 2), codemod=None, level="manual", chain=(), impact="low")
UNSAFE = replace(FINDING, id="5e6f", level="unsafe")
RESULT = Result(
    files=3,
    functions_on_loop=5,
    findings=(FINDING, MANUAL),
    unresolved=(Remark("a.py", 1, "f"),),
    unused_ignores=(Remark("a.py", 2, "# offloop: ignore"),),
    faults=(Fault("b.py", 3, "syntax error"), Fault("c.py", 0, "cannot be read")),
)


def test_json_of_nothing() -> None:
    assert standard_json.loads(json.report(Result()))["findings"] == []


def test_json_is_the_contract() -> None:
    report = standard_json.loads(json.report(RESULT))
    assert list(report) == ["schema", "tool", "summary", "findings", "unused_ignores", "notes", "errors"]
    assert report["schema"] == 1
    assert report["tool"]["name"] == "offloop"
    assert report["summary"] == {
        "files": 3,
        "functions_on_loop": 5,
        "findings": 2,
        "safe": 1,
        "unsafe": 0,
        "manual": 1,
        "unresolved_calls": 1,
        "errors": 2,
    }
    assert report["findings"][0] == {
        "id": "1a2b",
        "path": "app/api.py",
        "line": 12,
        "column": 9,
        "end_line": 12,
        "end_column": 40,
        "function": "UserRepo.load",
        "kind": "http",
        "impact": "high",
        "callee": "requests.get",
        "chain": [
            {"path": "app/repo.py", "line": 7, "function": "fetch"},
            {"path": "app/http.py", "line": 3, "function": "get"},
        ],
        "codemod": "offload",
        "level": "safe",
        "reason": "a thread waits",
    }
    assert report["findings"][1]["codemod"] is None
    assert report["unused_ignores"] == [{"path": "a.py", "line": 2, "text": "# offloop: ignore"}]
    assert report["errors"] == [
        {"path": "b.py", "line": 3, "message": "syntax error"},
        {"path": "c.py", "line": None, "message": "cannot be read"},
    ]


def test_any_path_can_be_written() -> None:
    odd = Result(findings=(replace(FINDING, path="caf\udce9\n.py"),), files=1)
    for report in (json.report(odd), text.report(odd), github.report(odd)):
        assert report.encode()
    assert standard_json.loads(json.report(odd))["findings"][0]["path"] == "caf\udce9\n.py"


def test_text_of_nothing() -> None:
    assert text.report(Result()) == ""
    assert text.summary(Result(files=1)) == "0 findings in 1 file; 0 functions on the loop"
    assert text.hint(Result()) == ""
    assert text.pending(Result(files=2)) == "nothing to change in 2 files"
    assert text.applied(Result()) == "nothing written; 0 findings left"


def test_text_shows_the_path_of_the_call() -> None:
    assert text.block(FINDING) == (
        "app/api.py:12:9: requests.get stalls the loop in UserRepo.load (http, high)\n"
        "  -> fetch at app/repo.py:7\n"
        "    -> get at app/http.py:3\n"
        "  offload, safe: a thread waits"
    )
    assert text.block(MANUAL).endswith("\n  manual: a thread waits")
    assert text.block(FINDING, lambda words, name: f"<{name}>{words}</>").startswith("<bold>app/api.py:12:9</>: ")


def test_summary_and_hint() -> None:
    assert text.summary(RESULT) == (
        "2 findings (1 safe and 1 manual) in 3 files; 5 functions on the loop, 1 call not resolved and 2 errors"
    )
    assert text.hint(RESULT) == "`offloop diff` shows 1 safe fix, `offloop apply` makes them"
    assert text.hint(Result(findings=(UNSAFE,))) == (
        "`offloop diff --unsafe` shows 1 fix that a person should look at first"
    )


def test_statistics() -> None:
    assert text.statistics((FINDING, MANUAL, FINDING)) == (
        "     2  http        safe    requests.get\n     1  http        manual  requests.get\n"
    )


def test_changes() -> None:
    change = Change("a.py", Path("/a.py"), b"", b"", (FINDING, FINDING))
    result = Result(files=4, findings=(FINDING, MANUAL), changes=(change,))
    assert list(text.changes(result)) == ["a.py: 2 offload fixes"]
    assert text.pending(result) == "2 fixes in 1 file; 1 finding left"
    assert text.applied(result) == "made 2 fixes in 1 file; 1 finding left"


@pytest.mark.parametrize(
    ("finding", "last"),
    [
        (FINDING, "`offloop apply` makes this fix."),
        (UNSAFE, "`offloop apply --unsafe` makes this fix: look at the reason first."),
        (MANUAL, "offloop makes no fix here."),
    ],
)
def test_explanation(finding: Finding, last: str) -> None:
    lines = text.explanation(finding).splitlines()
    assert lines[0].startswith(f"app/api.py:{finding.span.line}: UserRepo.load runs on the event loop.")
    entered = (
        "This line enters fetch (app/repo.py:7), then get (app/http.py:3), which calls requests.get."
        if finding.chain
        else ""
    )
    assert lines[1] == (entered or f"This line calls {finding.callee}.")
    assert lines[-1] == last


def test_explanation_of_what_was_passed_over() -> None:
    finding = replace(FINDING, passed_over=(("to-def", "it awaits `x`"), ("sleep", FINDING.reason)))
    assert text.explanation(finding).splitlines()[-1] == "Not `to-def`: it awaits `x`."


def test_github() -> None:
    what = "title=offloop%3A blocking http call::requests.get stalls the loop in UserRepo.load."
    assert github.report(RESULT).splitlines() == [
        f"::warning file=app/api.py,line=12,endLine=12,col=9,endColumn=39,{what} offload, safe: a thread waits",
        f"::notice file=app/api.py,line=20,endLine=22,{what} manual: a thread waits",
        "::error file=b.py,line=3,title=offloop::syntax error",
        "::error file=c.py,title=offloop::cannot be read",
    ]
    odd = replace(MANUAL, path="a,b:c%.py", reason="100%\n::error::no")
    line = github.report(Result(findings=(odd,)))
    assert line.count("\n") == 1
    assert "file=a%2Cb%3Ac%25.py" in line
    assert line.endswith("manual: 100%25\\n::error::no\n")


def test_words() -> None:
    assert [counted(number, "fix", "fixes") for number in (0, 1, 2000)] == ["0 fixes", "1 fix", "2,000 fixes"]
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert visible("a\x1b[31mb\n") == "a\\x1b[31mb\\n"
    assert shown_path("caf\udce9.py") == "caf\\xe9.py"
