"""All modules of a project linked by name: what a dotted name in one of them stands for."""

from codemods.program.layout import Layout
from codemods.program.link import Meaning, Module, Program, Resolved

__all__ = ["Layout", "Meaning", "Module", "Program", "Resolved"]
