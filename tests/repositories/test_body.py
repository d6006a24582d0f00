"""What a pull request says, and that nothing in it can mean anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods import __version__
from codemods.config import Wishes
from codemods.model import Change, Fault, Finding, Outcome, Result, Span, Step
from codemods.repositories.body import written
from codemods.repositories.entries import Entry
from codemods.repositories.markdown import block, code, plain
from codemods.repositories.task import Plan, Task

OUTCOME = Outcome("shop", "/shop", "open", commit="abc", verified="passed")


def finding(number: int = 0, *, reason: str = "it waits as long", what: str = "", function: str = "main") -> Finding:
    step = Step("app/repo.py", 3, "fetch")
    span = Span(number, 1, number, 5)
    return Finding(
        str(number),
        "main.py",
        span,
        function,
        "sleep",
        "high",
        "time.sleep",
        (step,),
        "sleep",
        "safe",
        reason,
        what=what,
    )


def result(fixed: tuple[Finding, ...], left: tuple[Finding, ...] = (), faults: tuple[Fault, ...] = ()) -> Result:
    change = Change("main.py", Path("main.py"), b"", b"x", fixed)
    return Result(1, 1, (*fixed, *left), faults=faults, changes=(change,))


def words(whole: Result, plan: Plan | None = None, entry: Entry | None = None, outcome: Outcome = OUTCOME) -> str:
    return written(Task(entry or Entry("/shop", name="shop"), plan or Plan(), "offloop", "out"), outcome, whole)[1]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a.b", "`a.b`"),
        ("`a", "`` `a ``"),
        ("a``b", "```a``b```"),
        (" a", "`  a `"),
        ("<b>@all</b>", "`<b>@all</b>`"),
        ("two\nlines", "`two\\nlines`"),
        ("", ""),
    ],
)
def test_code(text: str, span: str) -> None:
    assert code(text) == span


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a plain sentence, with 2 commas: yes", "a plain sentence, with 2 commas: yes"),
        ("ask `@team/all` of `a*b`", "ask `@team/all` of `a*b`"),
        ("one ` alone @all", "one \\` alone @&#8203;all"),
        ("@all #12 GH-3", "@&#8203;all \\#&#8203;12 GH\\-&#8203;3"),
        ("<img src=x> [a](b) **c** _d_", "\\<img src\\=x\\> \\[a\\]\\(b\\) \\*\\*c\\*\\* \\_d\\_"),
        ("https://www.example.org", "https:&#8203;//www&#8203;.example.org"),
        ("&lt;script", "\\&lt;script"),
        ("up\r\ndown\x1b[0m", "up\\\\r\\\\ndown\\\\x1b\\[0m"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_block() -> None:
    assert block("a\nb", "sh") == "```sh\na\nb\n```"
    assert block("````\n</details>") == "`````\n````\n</details>\n`````"


def test_what_was_done_and_what_is_left() -> None:
    hostile = finding(7, reason="as @all wants", what="<details>", function="</details>")
    whole = result((finding(1), finding(2)), (hostile, finding(9, function="`@x`")), (Fault("bad.py", 1, "no `)`"),))
    lines = words(whole, Plan(verify="make test")).splitlines()
    assert "- `sleep`, 2 fixes: Wait without holding the loop: `time.sleep` becomes `await asyncio.sleep`." in lines
    assert "- `main.py:1`: `time.sleep` stalled the loop in `main`, through `fetch`: it waits as long" in lines
    assert "<summary>2 findings without a fix, and why</summary>" in lines
    assert "- `main.py:7`: \\<details\\>: as @&#8203;all wants" in lines
    assert "- `main.py:9`: `time.sleep` stalls the loop in `` `@x` ``, through `fetch`: it waits as long" in lines
    assert "- `bad.py` could not be read: no `)`" in lines
    assert lines.count("</details>") == lines.count("<details>") == 2
    assert "`make test`: passed." in lines
    alone = words(result((finding(1),)), outcome=Outcome("shop", "/shop", "fixed", commit="abc"))
    assert "Nothing that was found is left." in alone
    assert "No check was run on these changes" in alone


def test_how_to_get_the_same() -> None:
    wishes = Wishes(True, ("http", "sleep"), (), ("http",), "async", "low", ("a b/", "c"))  # noqa: FBT003
    settings = {"impact": "low", "blocking": {"app.x": "cpu"}, "not-blocking": ["a", "b"]}
    entry = Entry("/shop", folder="services/api", name="shop", settings=settings)
    assert words(result((finding(1),)), Plan(wishes), entry).partition("## How to get the same\n\n")[2] == (
        f"offloop {__version__} at `abc`:\n\n"
        "```sh\n"
        "offloop apply --unsafe --select http,sleep --codemod http --prefer async --impact low "
        "--exclude 'a b/' --exclude c services/api\n"
        "```\n\n"
        "with these settings on top of the project's:\n\n"
        "```toml\n"
        "[tool.offloop]\n"
        'impact = "low"\n'
        'blocking = { "app.x" = "cpu" }\n'
        'not-blocking = ["a", "b"]\n'
        "```\n"
    )


def test_github_takes_it() -> None:
    many = tuple(finding(number, reason="because " * 20) for number in range(2000))
    body = words(result(many[:1000], many[1000:]))
    assert 45_000 < len(body) < 65_000
    assert body.count("\n- and ") == 2
    shown = body.count("`main.py:")
    others = [int(line.split()[2].replace(",", "")) for line in body.splitlines() if line.startswith("- and ")]
    assert shown + sum(others) == 2000
    assert body.count("<details>") == body.count("</details>") == 2
    title, body = written(
        Task(Entry("/shop", name="shop" * 90), Plan(body="# $repository\n$findings $findings $findings"), "x", "out"),
        Outcome("shop" * 90, "/shop", "fixed"),
        result(many),
    )
    assert len(title) == 250
    assert len(body) < 65_536
    assert body.endswith("(The rest is too long for a pull request.)\n")


def test_a_title_of_ones_own() -> None:
    task = Task(Entry("/shop", name="a_b"), Plan(body="# $repository gets $fixes, $$5\n\n${repository}\n"), "x", "out")
    outcome = Outcome("a_b", "/shop", "fixed")
    assert written(task, outcome, result((finding(1),))) == ("a_b gets 1 fix, $5", "`a_b`\n")
    task = Task(Entry("/shop", name="a_b"), Plan(body="not\n"), "x", "out")
    assert written(task, outcome, result((finding(1),))) == ("Free the event loop: 1 fix", "not\n")
