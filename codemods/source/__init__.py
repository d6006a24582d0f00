"""Files in and out: the only floor that touches the disk."""

from codemods.source.asking import RepositoryError
from codemods.source.cache import Cache
from codemods.source.checkout import (
    COMMIT_MARK,
    Checkout,
    EmptyError,
    Repository,
    head_of,
    is_url,
)
from codemods.source.discover import File, discover
from codemods.source.exclude import Exclude
from codemods.source.git import base_of, root_of
from codemods.source.github import GitHubError, ask, ready
from codemods.source.journal import undo
from codemods.source.manifests import locks_beside, manifests_near, read_manifest
from codemods.source.programs import Done, Limits, StoppedError, given, guarded, run, without_passwords
from codemods.source.project import installed_roots, own_state, project_of
from codemods.source.read import read_bytes
from codemods.source.remotes import Remote, address_of, published
from codemods.source.runs import REQUEST, FolderError, Results, RunFolder, is_marked
from codemods.source.stage import write_bytes
from codemods.source.style import line_length
from codemods.source.text import UnreadableError, decode
from codemods.source.write import RefusedError, write_all

__all__ = [
    "COMMIT_MARK",
    "REQUEST",
    "Cache",
    "Checkout",
    "Done",
    "EmptyError",
    "Exclude",
    "File",
    "FolderError",
    "GitHubError",
    "Limits",
    "RefusedError",
    "Remote",
    "Repository",
    "RepositoryError",
    "Results",
    "RunFolder",
    "StoppedError",
    "UnreadableError",
    "address_of",
    "ask",
    "base_of",
    "decode",
    "discover",
    "given",
    "guarded",
    "head_of",
    "installed_roots",
    "is_marked",
    "is_url",
    "line_length",
    "locks_beside",
    "manifests_near",
    "own_state",
    "project_of",
    "published",
    "read_bytes",
    "read_manifest",
    "ready",
    "root_of",
    "run",
    "undo",
    "without_passwords",
    "write_all",
    "write_bytes",
]
