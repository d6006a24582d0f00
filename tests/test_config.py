from __future__ import annotations

from pathlib import Path

import pytest

from codemods.config import ConfigError, Settings, load, nearest
from tests.support import commit, write

CODEMODS = ("sleep", "to-def")


def loaded(project: Path, table: str) -> Settings:
    write(project, {"pyproject.toml": table})
    return load(project, None, CODEMODS)


def test_nothing_set(project: Path) -> None:
    assert load(project, None, CODEMODS) == Settings()
    assert loaded(project, "[project]\nname = 'x'\n") == Settings()
    assert loaded(project, "[tool.offloop]\n") == Settings()


def test_everything_set(project: Path) -> None:
    settings = loaded(
        project,
        """
        [tool.offloop]
        exclude = ["gen/**"]
        select = ["sleep", "http"]
        ignore = ["http"]
        impact = "low"
        unsafe = ["sleep"]
        offload = "anyio"
        http-client = "httpx2"
        prefer = "async"
        not-blocking = ["app.fast", "requests.*"]

        [tool.offloop.per-file-ignores]
        "tests/**" = ["sleep"]

        [tool.offloop.blocking]
        "app.nlp.run_model" = "cpu"
        """,
    )
    assert settings.exclude[0].matches(project / "gen/a.py")
    assert not settings.exclude[0].matches(project / "app/gen.py")
    assert settings.select == {"sleep", "http"}
    assert settings.ignore == {"http"}
    assert (settings.impact, settings.offload, settings.http_client, settings.prefer) == (
        "low",
        "anyio",
        "httpx2",
        "async",
    )
    assert settings.unsafe == {"sleep"}
    where, kinds = settings.per_file_ignores[0]
    assert where.matches(project / "tests/test_a.py")
    assert kinds == {"sleep"}
    assert settings.blocking == (("app.nlp.run_model", "cpu"),)
    assert settings.not_blocking == ("app.fast", "requests.*")


def test_the_nearest_file_with_a_table_counts(project: Path) -> None:
    write(
        project,
        {"pyproject.toml": "[tool.offloop]\nimpact = 'low'\n", "a/pyproject.toml": "[project]\n", "a/b/c.py": ""},
    )
    assert load(project / "a/b", None, CODEMODS).impact == "low"
    write(project, {"a/pyproject.toml": "[tool.offloop]\nimpact = 'high'\n"})
    assert load(project / "a/b", None, CODEMODS).impact == "high"


def test_not_above_the_repository(project: Path) -> None:
    write(project, {"pyproject.toml": "[tool.offloop]\nimpact = 'low'\n", "inner/a.py": ""})
    commit(project / "inner")
    assert load(project / "inner", None, CODEMODS).impact == "medium"


@pytest.mark.parametrize("text", ["impact = 'low'\n", "[tool.offloop]\nimpact = 'low'\n"])
def test_a_file_of_its_own(project: Path, text: str) -> None:
    write(project, {"pyproject.toml": "[tool.offloop]\nimpact = 'high'\n", "own.toml": text})
    assert load(project, Path("own.toml"), CODEMODS).impact == "low"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[tool.offloop]\nselct = []\n", 2, "unknown key 'selct'; did you mean 'select'?"),
        ("[tool.offloop]\nqqq = 1\n", 2, "unknown key 'qqq'; known are blocking, exclude"),
        ("[tool.offloop]\n\nselect = ['sleep', 'htp']\n", 3, "unknown kind 'htp'; did you mean 'http'?"),
        ("[tool.offloop]\nimpact = 'hihg'\n", 2, "unknown impact 'hihg'; did you mean 'high'?"),
        ("[tool.offloop]\nimpact = 3\n", 2, "'impact' must be one of low, medium, high"),
        ("[tool.offloop]\nunsafe = ['slep']\n", 2, "unknown codemod 'slep'; did you mean 'sleep'?"),
        ("[tool.offloop]\nexclude = 'a'\n", 2, "'exclude' must be a list of strings"),
        ("[tool.offloop]\nexclude = ['!']\n", 2, "'exclude' holds a pattern that is not valid"),
        ("[tool.offloop]\nper-file-ignores = 1\n", 2, "'per-file-ignores' must be a table"),
        ("[tool.offloop.blocking]\n'a b' = 'cpu'\n", 1, "'a b' is not a qualified name"),
        ("[tool.offloop.blocking]\n'a.b' = 1\n", 2, "'a.b' must be given a kind"),
        ("[tool.offloop.blocking]\n'a.b' = 'cpuu'\n", 2, "unknown kind 'cpuu'; did you mean 'cpu'?"),
        ("[tool.offloop]\nnot-blocking = ['a-b']\n", 2, "'a-b' is not a qualified name"),
        ("tool.offloop = 1\n", 1, "[tool.offloop] must be a table"),
        ("[tool.offloop]\nimpact = \n", 2, "is not valid TOML"),
        ("[tool\n", 1, "is not valid TOML"),
    ],
)
def test_errors_name_the_line(project: Path, text: str, line: int, message: str) -> None:
    file = project / "pyproject.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(project, None, CODEMODS)
    assert (caught.value.path, caught.value.line) == (file, line)
    assert caught.value.message.startswith(message)
    assert str(caught.value).startswith(f"{file}:{line}: ")


def test_files_that_cannot_be_read(project: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(project, Path("missing.toml"), CODEMODS)
    (project / "own.toml").write_bytes(b"a = '\xe9'")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(project, Path("own.toml"), CODEMODS)


def test_nearest() -> None:
    assert nearest("slep", ["sleep", "http"]) == "sleep"
    assert nearest("zzz", ["sleep", "http"]) is None
