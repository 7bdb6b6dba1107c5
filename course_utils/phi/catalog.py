"""The real models that `load` knows: where they are, which files it needs, and what they cost.

A revision is pinned, so that everybody who takes the course runs the same bytes. Sizes are in bytes. The data,
and what could not be pinned and why, is in catalog.json.
"""

from dataclasses import dataclass

from course_utils.base import data


@dataclass(frozen=True)
class File:
    """One file of a repository. Without a `sha256` here, the checksum that the hub gives for it counts."""

    path: str
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Download:
    """One form of a model. `size` is all its files, `memory` what the running model needs."""

    repo: str
    revision: str
    files: tuple[File, ...]
    size: int
    memory: int
    licence: str
    folder: str = ""  # where in the repository the files are
    dtype: str = "bfloat16"  # for Transformers


_DATA = data(__file__, "catalog.json")["models"]
MODELS = {  # name -> runtime -> what to download
    name: {
        runtime: Download(**form | {"files": tuple(File(**file) for file in form["files"])})
        for runtime, form in forms.items()
    }
    for name, forms in _DATA.items()
}
