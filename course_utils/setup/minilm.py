"""all-MiniLM-L6-v2, a real small model that turns a sentence into 384 numbers: where it is, and what brings it."""

from __future__ import annotations

from pathlib import Path

from course_utils.base import cache_folder, data
from course_utils.setup import fetching
from course_utils.setup.fetching import NotFetched
from course_utils.setup.installer import say

DATA = data(__file__, "minilm.json")


def place() -> Path:
    """Its folder, whether it is there or not."""
    return cache_folder() / "minilm"


def ready() -> bool:
    """Whether all its files are here."""
    return all(fetching.here(place() / Path(name).name, known["size"]) for name, known in DATA["files"].items())


def folder() -> Path:
    """The folder for `AutoTokenizer` and `AutoModel`. Raises NotFetched."""
    return fetching.there(place(), ready(), DATA)


def fetch() -> None:
    """Bring its files here. Raises NotFetched."""
    if not ready():
        fetching.fetch(DATA, DATA["files"], place())


def prepare() -> None:
    """Fetch it, and say so. Never raises: a line says what failed. Where SmolLM2 is not wanted, it is not either."""
    if fetching.wanted() and not ready():
        try:
            fetch()
            say("MiniLM is ready.")
        except (NotFetched, OSError) as error:
            say(f"MiniLM is not here: {error}. Searching by meaning waits for it.")
