"""Edits whose texts name a library, with the name that it goes by in the file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codemods.edits import LIBRARY, Below, Decorate, Define, Insert, Recast, Reword, Within

if TYPE_CHECKING:
    from codemods.edits import Edit


def in_words(edit: Edit, alias: str) -> Edit:
    """The edit with a name where they say LIBRARY."""
    match edit:
        case Recast():
            arguments = tuple(replace(each, text=each.text.replace(LIBRARY, alias)) for each in edit.arguments)
            return replace(edit, function=edit.function.replace(LIBRARY, alias), arguments=arguments)
        case Reword():
            return replace(edit, text=edit.text.replace(LIBRARY, alias))
        case Within():
            return replace(edit, head=edit.head.replace(LIBRARY, alias))
        case Define() | Insert() | Below() | Decorate():
            return replace(edit, text=edit.text.replace(LIBRARY, alias))
    return edit
