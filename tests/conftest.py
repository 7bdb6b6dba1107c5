"""What all tests share: no trace of them in the learner's files, quiet libraries, a watch on the kernels."""

import ctypes
import gc
import os
import signal
import sys
import tempfile
from pathlib import Path

import pytest

pytest.register_assert_rewrite("browser")
from browser import browser, lab  # noqa: E402, F401  fixtures of several files
from notebook_watch import NotebookWatch  # noqa: E402

# A shell that starts the tests in the background has them ignore Ctrl+C; the tests of the interrupt need it.
signal.signal(signal.SIGINT, signal.default_int_handler)

SCRATCH = tempfile.TemporaryDirectory(prefix="course-tests-")

# At import time: before a test imports a library that reads these, and before a kernel inherits them.
os.environ["COURSE_PROGRESS"] = str(Path(SCRATCH.name, "my_progress.json"))
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def pytest_configure(config) -> None:
    # Registered, because hooks in this file would only see the tests of this folder, not the notebooks.
    config.pluginmanager.register(NotebookWatch(), "notebook-watch")


@pytest.fixture(scope="module", autouse=True)
def memory_given_back():
    """After each file of tests: one process runs dozens of them, and would come to 5 GB."""
    yield
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
