"""Exercises and quizzes, one file a notebook (`e04_transformers.py`), beside the engine they share.

`every_exercise()` and `every_quiz()` look through the files: a new notebook's are tested without being
listed.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType

from .engine import Exercise, compare, three_ways

__all__ = ["Exercise", "compare", "every_exercise", "every_quiz", "notebook_modules", "three_ways"]


def notebook_modules(before: str = "99") -> dict[str, ModuleType]:
    """The exercise modules of the notebooks before this one, in reading order: `{"04": module}`."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if re.match(r"e\d\d_", info.name))
    return {name[1:3]: importlib.import_module(f"{__name__}.{name}") for name in names if name[1:3] < before}


def every_exercise() -> list[Exercise]:
    """Every exercise of every notebook."""
    everything = [item for module in notebook_modules().values() for item in vars(module).values()]
    return [item for item in everything if isinstance(item, Exercise)]


def every_quiz(before: str = "99", deeper: bool = False) -> list:
    """The quizzes of the notebooks before this one; with `deeper`, those of their optional parts, too."""
    names = ("quiz", "deeper_quiz") if deeper else ("quiz",)
    modules = notebook_modules(before).values()
    return [vars(module)[name] for module in modules for name in names if hasattr(module, name)]
