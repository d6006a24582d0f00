"""A codemod is a module, its fixtures, its page and its line in the changelog: all four, or none."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from codemods import __version__, mods
from codemods.cli import offloop
from codemods.config import Settings
from codemods.model import KINDS
from scripts import pages
from tests.support import rewritten

ROOT = Path(__file__).parent.parent
SECTIONS = ["## What it does", "## Why", "## Example", "## When it holds back"]


def test_every_codemod_has_its_fixtures_and_nothing_else_has() -> None:
    assert {folder.name for folder in (ROOT / "fixtures").iterdir()} == {*mods.names(), "untouched"}


def test_every_codemod_has_its_page_and_nothing_else_has() -> None:
    assert {file.stem for file in (ROOT / "docs/codemods").iterdir()} == set(mods.names())


@pytest.mark.parametrize("name", mods.names())
def test_page(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    pages.main()
    written = (ROOT / f"docs/codemods/{name}.md").read_text("utf-8")
    assert written == (tmp_path / f"{name}.md").read_text("utf-8"), "run `python scripts/pages.py`"


@pytest.mark.parametrize("name", mods.names())
def test_docstring(name: str) -> None:
    codemod = mods.load(name)
    assert codemod.summary.endswith(".")
    assert re.findall(r"^## .+$", codemod.page, re.MULTILINE) == SECTIONS
    assert set(codemod.kinds) <= set(KINDS)
    assert not codemod.opt_in or f"`--codemod {name}`" in codemod.page


@pytest.mark.parametrize("name", mods.names())
def test_example_is_right(name: str, tmp_path: Path) -> None:
    """The page shows what the codemod really does."""
    before, after = re.findall(r"```python\n(.*?)```", mods.load(name).page, re.DOTALL)
    # What nobody asked for comes only where nothing can differ.
    codemod = mods.load(name)
    asked = Settings(codemods=(name,), unsafe=frozenset({name})) if codemod.twin or codemod.opt_in else Settings()
    assert rewritten(tmp_path, before, asked) == after


@pytest.mark.parametrize("name", mods.names())
def test_changelog(name: str) -> None:
    assert f"- `{name}`: " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_case_is_whole() -> None:
    for codemod in mods.names():
        for case in (ROOT / "fixtures" / codemod).iterdir():
            names = {entry.name.removesuffix(".py") for entry in case.iterdir()}
            assert {"before", "findings.txt"} <= names <= {"before", "after", "unsafe", "findings.txt"}, case


def test_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_ci_runs_the_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert re.search(r"<!-- tests -->\n```sh\npython3 -m venv .+ && scripts/test\n```\n", readme)
    assert re.search(r"<!-- diff -->\n```sh\npython3 -m venv .+offloop diff examples/shop.*\n```\n", readme)


def test_the_readmes_diff_is_what_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    shown = re.search(r"```diff\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert shown is not None
    result = CliRunner().invoke(offloop, ["diff", "examples/shop"])
    assert shown[1].rstrip() in result.stdout


def test_modules_have_docstrings_and_stay_small() -> None:
    for file in (ROOT / "codemods").rglob("*.py"):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if name != "codemods.__main__":
            assert importlib.import_module(name).__doc__, name
        assert len(file.read_text("utf-8").splitlines()) <= 420, name
