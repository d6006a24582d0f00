"""What the projects around some files need to run, and what a rewrite means for that."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from codemods.manifests import Manifest, UnreadableManifestError, added, parsed, raised_in, removed
from codemods.model import Change, Fault, Remark
from codemods.source import UnreadableError, decode, locks_beside, manifests_near, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from codemods.manifests import Needed, Replacing

_LOCKING = {
    "Pipfile.lock": "pipenv lock",
    "pdm.lock": "pdm lock",
    "pixi.lock": "pixi lock",
    "poetry.lock": "poetry lock",
    "uv.lock": "uv lock",
}


class Dependencies:
    """Asked by the path of a source file."""

    def __init__(self, real: Mapping[str, Path]) -> None:
        self._real = real
        self._read: dict[Path, tuple[str, Manifest | None, Fault | None]] = {}

    def runtime(self, path: str) -> frozenset[str]:
        """The distributions that a file's project says it needs to run."""
        return frozenset().union(*(each.runtime() for each in self._near(path)))

    def always(self, path: str) -> frozenset[str]:
        """Those of them that no extra has to be asked for."""
        return frozenset().union(*(each.always() for each in self._near(path)))

    def named(self, path: str) -> frozenset[str]:
        """All that its manifests name, for those who work on it as well."""
        return frozenset().union(*(each.all() for each in self._near(path)))

    def allows(self, path: str, needed: Needed) -> bool:
        """Whether no manifest near a file insists on a version that does not do."""
        texts = ((file, self._of(file)) for file in self._files(path))
        return all(raised_in(file.name, text, needed)[1] for file, (text, manifest, _) in texts if manifest is not None)

    def _near(self, path: str) -> Iterator[Manifest]:
        for file in self._files(path):
            manifest = self._of(file)[1]
            if manifest is not None:
                yield manifest

    def _files(self, path: str) -> tuple[Path, ...]:
        return manifests_near(os.path.dirname(os.path.abspath(self._real[path])))  # noqa: PTH100, PTH120 (no symlinks)

    def _of(self, file: Path) -> tuple[str, Manifest | None, Fault | None]:
        """A manifest's text, what it says, and what is wrong with it."""
        if file not in self._read:
            data = read_manifest(file)
            try:
                text = decode(data) if data is not None else ""
                self._read[file] = text, parsed(file.name, text) if data is not None else None, None
            except UnreadableManifestError as error:
                message = f"this manifest cannot be read ({error}), so nothing is written; mend it first"
                self._read[file] = "", None, Fault(_shown(file), error.line, message)
            except UnreadableError as error:
                self._read[file] = "", None, Fault(_shown(file), 0, f"this manifest cannot be read: {error}")
        return self._read[file]

    def changed(
        self,
        replacing: Mapping[Replacing, Iterable[str]],
        still_used: Iterable[str],
        needed: Mapping[Needed, Iterable[str]],
    ) -> tuple[list[Change], list[Remark], list[Fault]]:
        """The manifests of rewritten files: with other libraries (those still used are kept), or later versions."""
        texts: dict[Path, str] = {}
        notes: list[Remark] = []
        faults: list[Fault] = []
        kept = set(still_used)
        folders: dict[tuple[Path, ...], dict[Replacing, str]] = defaultdict(dict)
        for each, paths in replacing.items():
            for path in sorted(paths):
                folders[self._files(path)].setdefault(each, path)
        for files, wanted in folders.items():
            faults += [fault for file in files if (fault := self._of(file)[2])]
            for each, path in wanted.items():
                changed = list(self._with(files, each, texts, drop=each.old not in kept))
                there = each.new in self.runtime(path)
                if not changed and not there:
                    shown = _shown(files[0]) if files else os.path.relpath(path)
                    text = f"no manifest names {each.old} in a way that is known; add {each.new}{each.bound} yourself"
                    notes.append(Remark(shown, 0, text))
        for lacking, paths in sorted(needed.items()):
            near = sorted({file for path in paths for file in self._files(path)})
            faults += [fault for file in near if (fault := self._of(file)[2])]
            notes += self._raised(near, lacking, texts)
        notes += [
            Remark(_shown(file), 0, f"{lock} is as it was; `{_LOCKING[lock]}` brings it up to date")
            for file in texts
            for lock in locks_beside(file)
        ]
        changes = [
            Change(_shown(file), file, before, text.encode(), ())
            for file, text in sorted(texts.items())
            if (before := self._of(file)[0].encode()) != text.encode()
        ]
        return changes, notes, sorted(set(faults))

    def _with(self, files: Iterable[Path], each: Replacing, texts: dict[Path, str], *, drop: bool) -> Iterator[Path]:
        for file in files:
            text = texts.get(file, self._of(file)[0])
            if self._of(file)[1] is None:
                continue
            more = added(file.name, text, each.old, each.new, each.bound)
            if more is not None:
                texts[file] = more
                yield file
            less = removed(file.name, more or text, each.old) if drop else None
            if less is not None:
                texts[file] = less

    def _raised(self, files: Iterable[Path], needed: Needed, texts: dict[Path, str]) -> Iterator[Remark]:
        """Have requirements say what is needed; a remark where one does not, and cannot be made to."""
        for file in files:
            text = texts.get(file, self._of(file)[0])
            made, enough = raised_in(file.name, text, needed)
            if made != text:
                texts[file] = made
            if not enough:
                yield Remark(
                    _shown(file), 0, f"{needed} is needed now, which this does not make sure of; change it by hand"
                )


def _shown(file: Path) -> str:
    return Path(os.path.relpath(file)).as_posix()
