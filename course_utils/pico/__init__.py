"""The course's own models: small enough to train on two cores, with the real Phi-3 architecture. `textbook` writes what
they read, `tokenizer` cuts it into tokens, `training` teaches, `evaluate` examines, `export` turns the result into the
forms that other engines run, and `records` keeps what it cost."""

from pathlib import Path

from course_utils.base import CourseError

MODELS = ("pico-mini", "pico-medium")  # the text family: one architecture, one tokenizer, one examination
MOE, VISION = "pico-moe", "pico-vision"
SHIPPED = (*MODELS, MOE, VISION)
SERVED = (*MODELS, VISION)  # what the practice endpoint has: ONNX Runtime GenAI cannot run the mixture


def folder(name: str = "pico-mini") -> Path:
    """The folder with a shipped model's weights, configuration and tokenizer, complete for any library. Raises
    CourseError, naming the valid models, when there is no such model."""
    if name not in SHIPPED:
        raise CourseError(f"There is no course model called {name!r}. The course ships: {', '.join(SHIPPED)}.")
    return Path(__file__).parent / "weights" / name
