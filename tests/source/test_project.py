from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.source import project_of
from tests.support import commit, write

if TYPE_CHECKING:
    from pathlib import Path


def test_no_project(project: Path) -> None:
    write(project, {"a.py": ""})
    assert project_of("a.py") is None
    assert project_of("missing/a.py") is None


def test_the_nearest_manifest(project: Path) -> None:
    write(project, {"pyproject.toml": "", "service/setup.cfg": "", "service/app/a.py": ""})
    assert project_of("service/app/a.py") == "service"
    assert project_of("service") == "service"
    assert project_of(".") == "."


def test_the_git_root(project: Path) -> None:
    write(project, {"app/a.py": ""})
    commit(project)
    assert project_of("app/a.py") == "."
