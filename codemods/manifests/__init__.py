"""What a project needs to run, read from its manifests, and written into them."""

from codemods.manifests.edit import Replacing, added, removed
from codemods.manifests.raising import Needed, raised_in
from codemods.manifests.read import Group, Manifest, UnreadableManifestError, normal, parsed

__all__ = [
    "Group",
    "Manifest",
    "Needed",
    "Replacing",
    "UnreadableManifestError",
    "added",
    "normal",
    "parsed",
    "raised_in",
    "removed",
]
