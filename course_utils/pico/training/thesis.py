"""The Phi thesis in miniature: does a small model on a textbook beat a bigger one on a noisy web? The runs in
`thesis.json` were trained by `tests/train_thesis.py`, where it also stands what they read, what makes its web noisy,
and why the comparison is fair."""

from pathlib import Path

from course_utils.base import data

RESULTS = Path(__file__).with_name("thesis.json")


def results(path: Path = RESULTS) -> dict:
    """The recorded runs and where they come from: {"provenance": {...}, "runs": {name: row}}."""
    return data(path, path.name)
