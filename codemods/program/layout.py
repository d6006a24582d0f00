"""Which file an import means, from the files that are there: no sys.path, no installed packages.

A file's own package root comes first, then every folder above it, each with its `src` folder, then the packages that
other distributions of the same repository install. A regular package or module wins over a bare folder (a namespace
package), which counts only when the import names a file inside it.
"""

from __future__ import annotations

import posixpath
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_NEVER_SHADOWED = frozenset(sys.builtin_module_names)


class Layout:
    """The modules of a project, by absolute POSIX path."""

    def __init__(self, paths: Collection[str], installed: Collection[str] = ()) -> None:
        self._paths = frozenset(paths)
        self._installed = tuple(dict.fromkeys(installed))
        self._folders = frozenset(folder for path in paths for folder in _above(path))
        self._roots = cache(self._find_roots)
        self._named = cache(self._find)

    def absolute(self, importer: str, name: str) -> tuple[str, str] | None:
        """The module file that a dotted name starts with, and the rest of it; nothing where it is none of ours."""
        if name.partition(".")[0] in _NEVER_SHADOWED:
            return None
        return self._named(self._roots(posixpath.dirname(importer)), name)

    def _find(self, roots: tuple[str, ...], name: str) -> tuple[str, str] | None:
        first = name.partition(".")[0]
        for root in roots:
            # Most imports name a library: two look-ups tell that nothing of the project is meant.
            if f"{root}/{first}" not in self._folders and f"{root}/{first}.py" not in self._paths:
                continue
            found = self.below(root, name)
            if found is not None:
                return found
        return self._elsewhere(name)

    def _elsewhere(self, name: str) -> tuple[str, str] | None:
        """A package that another distribution of the same repository installs."""
        first = name.partition(".")[0]
        for root in self._installed:
            if f"{root}/{first}/__init__.py" in self._paths:
                return self.below(root, name)
        return None

    def relative(self, importer: str, name: str) -> tuple[str, str] | None:
        """The same for a name with leading dots."""
        bare = name.lstrip(".")
        folder = posixpath.dirname(importer)
        for _ in range(len(name) - len(bare) - 1):
            folder = posixpath.dirname(folder)
        if not bare:
            package = posixpath.join(folder, "__init__.py")
            return (package, "") if package in self._paths else None
        found = self.below(folder, bare)
        package = posixpath.join(folder, "__init__.py")
        return found or ((package, bare) if package in self._paths else None)

    def below(self, root: str, name: str) -> tuple[str, str] | None:
        """The longest part of a dotted name that is a module file below a folder, and the rest."""
        parts = name.split(".")
        found = None
        folder = root
        for number, part in enumerate(parts, 1):
            folder = f"{folder}/{part}"
            rest = ".".join(parts[number:])
            for path in (f"{folder}.py", f"{folder}/__init__.py"):
                if path in self._paths:
                    found = (path, rest)
            if folder not in self._folders:
                break
        return found

    def anywhere(self, name: str) -> Iterator[tuple[str, str]]:
        """Every module that a dotted name may mean, taken from any folder of the project."""
        for root in sorted(self._folders):
            found = self.below(root, name)
            if found is not None:
                yield found

    def shadows(self, importer: str, name: str) -> bool:
        """Whether a file of the project may stand where the standard library's module is meant.

        Which one Python takes depends on how the program is started, so neither can be relied on.
        """
        first, _, rest = name.partition(".")
        found = self.absolute(importer, name) if first in sys.stdlib_module_names else None
        return found is not None and found[1] == rest

    def names(self, path: str) -> Iterator[str]:
        """The dotted names that other files, or strings, may call a module by, shortest first."""
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        for start in range(len(parts) - 1, -1, -1):
            if not parts[start].isidentifier():
                return
            yield ".".join(parts[start:])

    def _find_roots(self, folder: str) -> tuple[str, ...]:
        roots = []
        while posixpath.join(folder, "__init__.py") in self._paths and folder != posixpath.dirname(folder):
            if folder in self._installed:
                # A stray file beside the manifest: imports are written as if the project's own folder were no package.
                roots.append(folder)
            folder = posixpath.dirname(folder)
        while folder in self._folders:
            roots.append(folder)
            source = posixpath.join(folder, "src")
            if source in self._folders:
                roots.append(source)
            if folder == posixpath.dirname(folder):
                break
            folder = posixpath.dirname(folder)
        return tuple(roots)


def _above(path: str) -> Iterator[str]:
    folder = posixpath.dirname(path)
    yield folder
    while folder != posixpath.dirname(folder):
        folder = posixpath.dirname(folder)
        yield folder
