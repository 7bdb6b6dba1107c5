"""The course's own models: small enough to train on two cores, with the real Phi-3 architecture.

`textbook` writes what they read, `tokenizer` cuts it into tokens, `training` teaches, `evaluate` examines, `export`
turns the result into the forms that other engines run, and `records` keeps what it cost.
"""

import filecmp
import os
import shutil
import threading
from pathlib import Path

from course_utils.base import CourseError, cache_folder

_WEIGHTS = Path(__file__).parent / "weights"
MODELS = ("pico-mini", "pico-medium")  # the text family: one architecture, one tokenizer, one examination
MOE, VISION = "pico-moe", "pico-vision"
SHIPPED = (*MODELS, MOE, VISION)
SERVED = (*MODELS, VISION)  # what the practice endpoint has: ONNX Runtime GenAI cannot run the mixture


def folder(name: str = "pico-mini") -> Path:
    """The folder with a shipped model's weights, configuration and tokenizer, complete for any library.

    All models have one tokenizer, which is kept once: the first call lays a copy of it beside the weights. Where the
    course's own folder cannot be written to, the model's is put together in `cache_folder()` instead.
    Raises CourseError, naming the valid models, when there is no such model, and where neither can be written.
    """
    if name not in SHIPPED:
        raise CourseError(f"There is no course model called {name!r}. The course ships: {', '.join(SHIPPED)}.")
    tokenizer = _WEIGHTS / "tokenizer.json"
    files = [file for file in (_WEIGHTS / name).iterdir() if file.is_file() and file.name != tokenizer.name]
    for place in (_WEIGHTS / name, cache_folder() / "weights" / name):
        try:
            place.mkdir(parents=True, exist_ok=True)
            for file in (*files, tokenizer):
                _copy(file, place / file.name)
            return place
        except OSError as error:
            problem = error
    raise CourseError(
        f"{name} could not be put together in {place}: {problem}. Free some space, or set COURSE_CACHE to a folder "
        "you may write to."
    ) from problem


def _copy(source: Path, target: Path) -> None:
    """Copy a file, unless its copy is there. Another process sees none of it or the whole, never half."""
    if source == target or target.is_file() and filecmp.cmp(source, target, shallow=False):
        return
    part = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        shutil.copyfile(source, part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
