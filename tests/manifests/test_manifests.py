"""Manifests of every format: what they say, and a name put in or taken out with every other byte kept."""

from __future__ import annotations

import pytest

from codemods.manifests import UnreadableManifestError, added, parsed, removed
from tests.support import source

PEP_621 = """
    [project]
    name = "a"
    dependencies = [
        "fastapi>=0.115", # the framework
        'requests[socks]>=2.32 ; python_version < "4"',
        "uvicorn",
    ]

    [project.optional-dependencies]
    dev = ["pytest", "requests"]
    server = ["aiofiles", "requests>=2", "zstandard"]
"""
POETRY = """
    [tool.poetry.dependencies]
    python = "^3.11"
    fastapi = "^0.115"
    requests = { version = "^2.32", extras = ["socks"] }

    [tool.poetry.group.dev.dependencies]
    requests = "*"
    pytest = "*"
"""
PIPFILE = """
    [packages]
    fastapi = "*"
    requests = "*"

    [dev-packages]
    pytest = "*"
"""
PIXI = """
    [dependencies]
    python = ">=3.11"

    [pypi-dependencies]
    requests = ">=2"
"""
SETUP = """
    [metadata]
    name = a

    [options]
    install_requires =
        fastapi
        requests>=2
        uvicorn
"""
CASES = {
    "PEP 621": (
        "pyproject.toml",
        PEP_621,
        [
            "    'httpx>=0.28',\n    'requests[socks]",
            'server = ["aiofiles", "httpx>=0.28", "requests>=2", "zstandard"]',
        ],
        ['    "fastapi>=0.115", # the framework\n    "uvicorn",', 'dev = ["pytest"]', '["aiofiles", "zstandard"]'],
    ),
    "poetry": (
        "pyproject.toml",
        POETRY,
        ['fastapi = "^0.115"\nhttpx = ">=0.28"\nrequests = {'],
        ['fastapi = "^0.115"\n\n', "dependencies]\npytest"],
    ),
    "Pipfile": ("Pipfile", PIPFILE, ['fastapi = "*"\nhttpx = ">=0.28"\nrequests'], ['fastapi = "*"\n\n[dev']),
    "pixi": ("pixi.toml", PIXI, ['[pypi-dependencies]\nhttpx = ">=0.28"\nrequests'], ["[pypi-dependencies]\n"]),
    "setup.cfg": ("setup.cfg", SETUP, ["    fastapi\n    httpx>=0.28\n    requests"], ["    fastapi\n    uvicorn"]),
    "requirements": ("requirements.txt", "flask\nrequests==2.32\n", ["flask\nhttpx>=0.28\nrequests"], ["flask\n"]),
    "requirements in no order": (
        "requirements.txt",
        "uvicorn\nrequests\nflask",
        ["uvicorn\nhttpx>=0.28\nrequests"],
        ["uvicorn\nflask"],
    ),
    "requirements of Windows": (
        "requirements.txt",
        "a\r\nrequests\r\n",
        ["a\r\nhttpx>=0.28\r\nrequests\r\n"],
        ["a\r\n"],
    ),
    "requirements.in": ("requirements.in", "requests\n", ["httpx>=0.28\nrequests\n"], [""]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_name_is_put_in(case: str) -> None:
    file, text, parts, _ = CASES[case]
    before = text if "\r" in text else source(text)
    after = added(file, before, "requests", "httpx", ">=0.28")
    assert after is not None
    for part in parts:
        assert part in after
    # Taking the new lines out again gives the old text: nothing else has changed.
    assert removed(file, after, "httpx") == before
    assert added(file, after, "requests", "httpx", ">=0.28") is None


@pytest.mark.parametrize("case", CASES)
def test_a_name_is_taken_out(case: str) -> None:
    file, text, _, parts = CASES[case]
    before = text if "\r" in text else source(text)
    after = removed(file, before, "requests")
    assert after is not None
    for part in parts:
        assert part in after
    assert "requests" not in after


def test_names_are_compared_as_PyPI_does() -> None:  # noqa: N802
    manifest = parsed(
        "requirements.txt", "Flask_Login>=1\n# a comment\n-r other.txt\n--hash=x\n\nfoo.bar[extra] @ https://x\n"
    )
    assert manifest is not None
    assert manifest.runtime() == {"flask-login", "foo-bar"}


@pytest.mark.parametrize("file", ["requirements-dev.txt", "test-requirements.txt", "requirements_lint.txt"])
def test_what_only_those_who_work_on_it_need(file: str) -> None:
    manifest = parsed(file, "requests\n")
    assert manifest is not None
    assert not manifest.runtime()
    assert manifest.all() == {"requests"}
    assert added(file, "requests\n", "requests", "httpx", "") is None


def test_groups_of_other_tools() -> None:
    text = source("""
        [dependency-groups]
        dev = ["a", { include-group = "b" }]
        [tool.poetry]
        dev-dependencies = { b = "1" }
        group.docs.dependencies.c = "1"
        group.server.dependencies.d = "1"
        [tool.pdm.dev-dependencies]
        x = ["e"]
        [tool.uv]
        dev-dependencies = ["f"]
        [tool.pixi.dependencies]
        g = "*"
        [tool.pixi.feature.test.dependencies]
        h = "*"
    """)
    manifest = parsed("pyproject.toml", text)
    assert manifest is not None
    assert manifest.runtime() == {"d", "g"}
    assert manifest.all() == {"a", "b", "c", "d", "e", "f", "g", "h"}


def test_extras_of_setup_cfg() -> None:
    manifest = parsed("setup.cfg", "[options.extras_require]\ntest = a\nfast =\n    b\n")
    assert manifest is not None
    assert manifest.runtime() == {"b"}
    assert manifest.all() == {"a", "b"}


@pytest.mark.parametrize("head", ["# This file is autogenerated by pip-compile", "# uv pip compile requirements.in"])
def test_what_a_tool_has_made_is_left_to_it(head: str) -> None:
    text = f"{head}\nrequests==2.32\n"
    assert added("requirements.txt", text, "requests", "httpx", "") is None
    assert removed("requirements.txt", text, "requests") is None


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("pyproject.toml", "a = 1\n[project\n", 2),
        ("Pipfile", "=", 1),
        ("setup.cfg", "a\n", 1),
        ("setup.cfg", "[a]\nb\n", 2),
    ],
)
def test_what_cannot_be_parsed(file: str, text: str, line: int) -> None:
    with pytest.raises(UnreadableManifestError) as error:
        parsed(file, text)
    assert error.value.line == line


def test_what_is_not_known() -> None:
    assert parsed("setup.py", "") is None
    assert added("setup.py", "", "requests", "httpx", "") is None
    assert removed("environment.yml", "", "requests") is None
    assert removed("requirements.txt", "a\n", "requests") is None


def test_a_comment_beside_it_stays() -> None:
    assert removed("requirements.txt", "a\nrequests # why\n", "requests") is None


def test_a_name_in_another_place_is_none() -> None:
    text = source("""
        [project]
        name = "requests"
        keywords = ["requests"]
        dependencies = ["requests"]
    """)
    after = added("pyproject.toml", text, "requests", "httpx", ">=1")
    assert after is not None
    assert 'keywords = ["requests"]\ndependencies = ["httpx>=1", "requests"]' in after
    less = removed("pyproject.toml", after, "requests")
    assert less is not None
    assert 'name = "requests"\nkeywords = ["requests"]\ndependencies = ["httpx>=1"]' in less
