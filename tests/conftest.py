"""Watches the kernels while nbval runs the notebooks, so that test_memory.py need not run them again."""

import os
import tempfile
from pathlib import Path

SCRATCH = tempfile.TemporaryDirectory(prefix="course-tests-")

# At import time: before a test imports a library that reads these, and before a kernel inherits them.
os.environ["COURSE_PROGRESS"] = str(Path(SCRATCH.name, "my_progress.json"))
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("HF_HUB_OFFLINE", "1")
