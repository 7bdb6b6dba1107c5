"""What every room of the course shares: the error that a learner can mend, the course's folder, and its cache."""

from __future__ import annotations

import json
import os
from pathlib import Path

from course_utils import language

SIZES = "sizes.json"  # in a folder that was built: the length of each of its files, in bytes
ROOT = Path(__file__).resolve().parents[1]


class CourseError(Exception):
    """Something the learner can mend. The message says what happened and what to do."""

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this: in a notebook the message alone is shown, not the inside of the course.
        return [f"{type(self).__name__}: {self}"]


def cache_folder() -> Path:
    """Where built and downloaded things are kept: `.cache` in the course's folder, or `COURSE_CACHE`."""
    return Path(os.environ.get("COURSE_CACHE") or ROOT / ".cache").expanduser()


def keep_sizes(folder: Path) -> None:
    """Note beside the files of a folder how long each is, for `whole`."""
    (folder / SIZES).write_text(json.dumps({file.name: file.stat().st_size for file in folder.iterdir()}), "utf-8")


def whole(folder: Path) -> bool:
    """Whether a folder is there with all its files, none of them cut short. One without noted sizes is believed."""
    try:
        sizes = json.loads((folder / SIZES).read_text(encoding="utf-8"))
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return folder.is_dir() and not (folder / SIZES).exists()


def data(beside: str | Path, name: str, translated: bool = True) -> dict | list:
    """What a data file of the course says, JSON or TOML by its name, that lies in the folder of the file `beside`.

    Its texts are in the chosen language, unless they are names and not `translated`.
    """
    say = language.translated if translated else lambda found: found
    text = (Path(beside).parent / name).read_text(encoding="utf-8")
    if not name.endswith(".toml"):
        return say(json.loads(text))
    import tomllib  # not above: Python 3.8 has none, and has to load this file

    return say(tomllib.loads(text))
