"""All modules of a project linked: what names and expressions stand for, and what runs when a line runs."""

from codemods.program.layout import Layout
from codemods.program.link import Meaning, Module, Program, Resolved

__all__ = ["Layout", "Meaning", "Module", "Program", "Resolved"]
