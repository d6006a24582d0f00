import pytest

from codemods.source import UnreadableError, decode


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"a = 1\n", "a = 1\n"),
        ("é = 1".encode(), "é = 1"),
        (b"\xef\xbb\xbfa = 1", "a = 1"),
        (b"\xef\xbb\xbf# coding: utf-8\na = 1", "# coding: utf-8\na = 1"),
        (b"# coding: latin-1\n'\xe9'", "# coding: latin-1\n'é'"),
        (
            b"#!/bin/python\n# vim: set fileencoding=cp1252 :\n'\x80'",
            "#!/bin/python\n# vim: set fileencoding=cp1252 :\n'€'",
        ),
        (b"a\r\nb\rc\x0cd", "a\r\nb\rc\x0cd"),
    ],
)
def test_decodes(data: bytes, text: str) -> None:
    assert decode(data) == text


@pytest.mark.parametrize(
    ("data", "line", "part"),
    [
        (b"a = 1\nb = '\xe9'\n", 2, "0xe9 is not utf-8"),
        (b"\n\n\nb = '\xe9'\n", 4, "name its encoding"),
        (b"a\nb\x00c", 2, "null byte"),
        (b"# coding: klingon\n", 1, "unknown encoding 'klingon'"),
        (b"#!x\n# coding: klingon\n", 2, "unknown encoding 'klingon'"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, "says that it is latin-1"),
        (b"# coding: ascii\n'\xe9'", 2, "0xe9 is not ascii"),
    ],
)
def test_says_what_is_wrong(data: bytes, line: int, part: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        decode(data)
    assert caught.value.line == line
    assert part in caught.value.message
