"""The helper package of the course: the plumbing that the notebooks share, never the idea being taught.

    from course_utils import load
    model = load()                      # SmolLM2, a real small model; load("pico-mini") is the course's own
    print(model.chat("Why is the sky blue?").text)

Importing it needs nothing installed and loads nothing heavy: `load` is looked up when somebody asks for it.
"""

import sys

# Before all else, because the files below this one do not load on such a Python. So this one may hold only what
# Python 3.6 can read: no `annotations` from the future, and quotes around the newer ones.
if sys.version_info < (3, 8):  # noqa: UP036
    sys.exit(
        f"The course needs Python 3.11 to 3.14, and this is Python {sys.version.split()[0]} ({sys.executable}).\n"
        "Get one from https://www.python.org/downloads/ and start the command again with it."
    )

from course_utils import language  # noqa: E402

language.begin()  # what is imported from here on speaks the chosen language

from course_utils.base import ROOT, CourseError, cache_folder  # noqa: E402
from course_utils.setup import threads  # noqa: E402

threads.wait_asleep()  # here, because it has to come before anybody imports PyTorch

if not (ROOT / "requirements.txt").exists():  # after `pip install .`: without notebooks, and in no folder to work in
    sys.exit("The course runs from its folder, where its notebooks are. There: python -m course_utils lab")

__version__ = "1.0.0"
__all__ = ["ROOT", "CourseError", "cache_folder", "load"]


def __getattr__(name: str):
    if name == "load":
        from course_utils.models import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
