"""Which repositories a run is about, and what each is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from codemods.config import ConfigError
from codemods.repositories.entries import Entry, branches, read
from tests.support import commit, write

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = ("http", "offload")


def entries(*arguments: str) -> list[Entry]:
    return list(read(arguments, KNOWN))


def test_folders_and_urls(project: Path) -> None:
    (project / "api").mkdir()
    found = entries("api", "https://example.org/team/shop.git", "git@example.org:team/web.git", "gone")
    assert [(each.name, each.where) for each in found] == [
        ("api", str(project / "api")),
        ("shop", "https://example.org/team/shop.git"),
        ("web", "git@example.org:team/web.git"),
        ("gone", str(project / "gone")),
    ]


def test_a_folder_inside_a_repository_is_a_part_of_it(project: Path) -> None:
    write(project, {"mono/services/api/main.py": ""})
    commit(project / "mono")
    (project / "list").write_text("mono folder=services/api\n")
    for found in (entries("mono/services/api"), entries("list")):
        assert [(each.where, each.folder, each.name) for each in found] == [
            (str(project / "mono"), "services/api", "mono-services-api")
        ]


def test_lines(project: Path) -> None:
    write(
        project,
        {
            "lists/all.txt": """
                # the shops
                ../shop  ref=main  # a branch
                "a b" name=ab
                https://example.org/x folder=/services/./api/
            """
        },
    )
    shop, named, url = entries("lists/all.txt")
    assert (shop.where, shop.ref) == (str(project / "shop"), "main")
    assert (named.where, named.name) == (str(project / "lists" / "a b"), "ab")
    assert (url.folder, url.name) == ("services/api", "x-services-api")


def test_tables(project: Path) -> None:
    write(
        project,
        {
            "all.toml": """
                [settings]
                prefer = "async"
                impact = "low"

                [[repository]]
                path = "shop"
                settings = { prefer = "threads" }

                [[repository]]
                url = "https://example.org/x"
                ref = "main"
                folder = "api"
                name = "X"
            """
        },
    )
    shop, other = entries("all.toml")
    assert shop.settings == {"prefer": "threads", "impact": "low"}
    assert other == Entry("https://example.org/x", "main", "api", "X", {"prefer": "async", "impact": "low"})


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("a.txt", "", "a.txt: names no repository"),
        ("a.txt", "# nobody\n\n", "a.txt: names no repository"),
        ("a.txt", "shop\nshop brnch=x\n", "a.txt:2: 'brnch' says nothing here; known are ref=, folder= and name="),
        ("a.txt", "shop fodler=x\n", "a.txt:1: 'fodler' says nothing here; did you mean folder=?"),
        ("a.txt", "shop ref=\n", "a.txt:1: 'ref' says nothing here"),
        ("a.txt", "shop 'x\n", "a.txt:1: is not a line of words"),
        ("a.toml", "", "a.toml: names no repository"),
        ("a.toml", "repository = []", "a.toml: names no repository"),
        ("a.toml", "repository = ['shop']", "a.toml: names no repository"),
        ("a.toml", "settings = 1\nrepository = [{path = 'shop'}]", "must be a table"),
        ("a.toml", "repositories = 1", "a.toml:1: unknown key 'repositories'; did you mean 'repository'?"),
        ("a.toml", "[[repository]]\npaht = 'x'", "a.toml:2: unknown key 'paht'; did you mean 'path'?"),
        ("a.toml", "[[repository]]\npath = 1", "a.toml:2: 'path' must be a string"),
        ("a.toml", "[[repository]]\npath = 'x'\nurl = 'https://x'", "either a path or a url"),
        ("a.toml", "[[repository]]\nurl = 'x/y'", "a.toml:2: 'x/y' is not a URL that git knows"),
        ("a.toml", "[settings]\nprefer = 'x'\n[[repository]]\npath = 'x'", "a.toml:2: unknown prefer 'x'"),
        ("a.toml", "[[repository]]\npath = 'x'\n[repository.settings]\nunsafe = ['htp']", "did you mean 'http'?"),
        ("a.toml", "[[repository]\n", "a.toml:1: is not valid TOML"),
    ],
)
def test_manifests_that_cannot_be_used(project: Path, file: str, text: str, message: str) -> None:
    (project / file).write_text(text)
    with pytest.raises(ConfigError) as error:
        entries(file)
    assert message in str(error.value)


def test_bytes_that_are_no_text(project: Path) -> None:
    (project / "a.txt").write_bytes(b"\xff\xfe\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        entries("a.txt")


def test_each_has_a_name_of_its_own(project: Path) -> None:
    (project / "a.txt").write_text(
        "x/shop\ny/Shop\nz/shop-2\nw/shop\nname/größe\n/\nq name=../up\nq name=a/b\n" + f"{'é' * 90}\n"
    )
    found = entries("a.txt")
    assert [each.name for each in found] == [
        *("shop", "Shop-2", "shop-2-2", "shop-3", "größe", "repository", "up", "a-b", "é" * 40)
    ]
    assert found[1].notes == ("another repository is called Shop, so this one is called Shop-2",)
    assert found[0].notes == ()


def test_one_repository_has_a_branch_for_each_part() -> None:
    parts = [Entry("/mono", folder="a", name="a"), Entry("/mono", folder="b", name="b"), Entry("/x", name="x")]
    assert branches(parts, "offloop") == {"a": "offloop-a", "b": "offloop-b", "x": "offloop"}
    assert set(branches(parts, "").values()) == {""}
