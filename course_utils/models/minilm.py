"""all-MiniLM-L6-v2, a real small model that turns a sentence into 384 numbers, from the set-up to the notebooks."""

from pathlib import Path

from course_utils.setup import minilm as package
from course_utils.setup.fetching import NotFetched, there  # noqa: F401 - what `folder` raises


def folder() -> Path:
    """The folder for `AutoTokenizer` and `AutoModel`. Raises NotFetched."""
    return there(package.place(), package.ready(), package.DATA)
