"""The page: all of it is there, and whatever repositories are called can do nothing in it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

from codemods.model import Outcome
from codemods.repositories.page import as_html

EVIL = '<img src=x onerror="alert(1)">'


class Reader(HTMLParser):
    """Collects tags, links and the text of rows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.rows: list[str] = []
        self.handlers: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        values = dict(attrs)
        self.handlers |= {name for name in values if name.startswith("on")}
        self.links += [values["href"] or ""] if "href" in values else []
        if tag == "tr":
            self.rows.append("")

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1] += f" {data}"


def test_rows() -> None:
    page = Reader(
        as_html(
            [
                Outcome("shop", "/srv/shop", "open", files=9, findings=5, fixed=3, left=2, changed=("a.py", "b.py")),
                Outcome("größe 2", "https://x/y", "failed", "took too long", notes=("one note",), errors=2),
                Outcome(
                    "calm", "/srv/calm", "clean", files=1, verified="failed", branch="b", pull_request="https://x/1"
                ),
            ]
        )
    )
    assert page.rows[1].split() == ["shop", "/srv/shop", "open", "5", "3", "2", "2", "0", *("patch", "report", "log")]
    for words in ("größe 2", "one note", "took too long", "2 files could not be read"):
        assert words in page.rows[2]
    assert page.links == [
        "repos/shop/changes.patch",
        "repos/shop/report.json",
        "repos/shop/log.txt",
        "repos/gr%C3%B6%C3%9Fe%202/log.txt",
        "https://x/1",
        "repos/calm/report.json",
        "repos/calm/log.txt",
    ]


def test_no_repositories() -> None:
    assert "0 repositories" in as_html([])


def test_names_are_data() -> None:
    outcome = Outcome(
        EVIL, f"/srv/{EVIL}\u202e", "failed", EVIL, branch=EVIL, pull_request="javascript:alert(1)", notes=(EVIL,)
    )
    page = as_html([outcome, Outcome("a", "b", "clean", pull_request=f"https://x/{EVIL}\"'")])
    read = Reader(page)
    assert "img" not in read.tags
    assert read.handlers == set()
    assert not any(link.startswith("javascript") for link in read.links)
    assert "\u202e" not in page


def test_nothing_is_loaded_and_only_its_own_script_runs() -> None:
    page = as_html([])
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy.group(1).startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy.group(1)
    assert Reader(page).tags.isdisjoint({"link", "img", "iframe", "object"})
