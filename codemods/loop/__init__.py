"""What runs on the event loop, and where in it the loop may stall."""

from codemods.loop.deadlines import Deadlines
from codemods.loop.event import Event
from codemods.loop.evidence import evidence
from codemods.loop.graph import Graph
from codemods.loop.kept import Kept
from codemods.loop.nominal import Nominal
from codemods.loop.sites import Site, Survey, survey

__all__ = ["Deadlines", "Event", "Graph", "Kept", "Nominal", "Site", "Survey", "evidence", "survey"]
