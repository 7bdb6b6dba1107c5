"""ONNX Runtime GenAI's model builder, run as a program of its own."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from course_utils.base import CourseError

LIMIT = 900  # seconds for one build; a course model takes five, and one of 400 million parameters about a minute
FULL = ("No space left", "Disk quota exceeded", "not enough space on the disk", "File too large")
# Runs a module as `python -m` does, and ends with the process that started it, however that ends: its side of the pipe
# is closed then. Not sys.stdin: a thread that waits in it would disturb Python's own end.
CHILD = """
import os, runpy, sys, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
sys.argv.pop(0)
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


class BuildFailed(CourseError):
    """A model could not be turned into another form."""


def run_builder(
    checkpoint: Path, work: Path, precision: str, progress: bool, more: tuple[str, ...] = (), **options
) -> None:
    """Run the builder as a program of its own: it is noisy, and an interrupt then stops it cleanly. `more` are further
    arguments of it, such as "--extra_options"; `options` are those of `run_module`. Raises BuildFailed."""
    where = ("-i", checkpoint, "-o", work / "model", "-c", work / "cache")
    command = ("onnxruntime_genai.models.builder", *where, "-p", precision, "-e", "cpu", *more)
    run_module(command, work, progress, **options)


def run_module(
    command: tuple, work: Path, progress: bool, limit: float = LIMIT, unwanted: Callable[[], bool] = lambda: False
) -> None:
    """Run `python -m` with a module and its arguments, with a dot every half second, for `limit` seconds at most, and
    only until it is `unwanted`. What it prints goes to `work`/log.txt. Raises BuildFailed."""
    command = [sys.executable, "-u", "-c", CHILD, *map(str, command)]  # -u: its last words come last
    environment = os.environ | {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1", "PYTHONUTF8": "1"}
    log, ends = work / "log.txt", time.monotonic() + limit
    with log.open("ab") as output:
        streams = {"stdin": subprocess.PIPE, "stdout": output, "stderr": subprocess.STDOUT}
        builder = subprocess.Popen(command, env=environment, **streams)
        try:
            while builder.poll() is None and time.monotonic() < ends and not unwanted():
                print("." if progress else "", end="", flush=True)
                with suppress(subprocess.TimeoutExpired):
                    builder.wait(timeout=0.5)
            stopped = builder.poll() is None
        finally:
            builder.kill()
            builder.wait()
            builder.stdin.close()
    if stopped and unwanted():
        raise BuildFailed("The builder was stopped: nobody waits for the model any more.")
    if stopped:
        raise BuildFailed(
            f"The builder had not ended after {limit / 60:.2g} minutes and was stopped: this computer has too much "
            "else to do, or too little memory for the model. Close other programs, and try again."
        )
    if builder.returncode != 0:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        if shutil.disk_usage(work).free < 2**20 or any(sign in "\n".join(last) for sign in FULL):
            mend = "Free some space, or set COURSE_CACHE to a folder on a larger disk; then try again."
            raise BuildFailed(f"The disk became full while the model was built in {work.parent}. {mend}")
        if builder.returncode < 0:
            last.append(
                f"Error: the system ended it with signal {-builder.returncode}, as it does when memory is short"
            )
        raise BuildFailed(
            "ONNX Runtime GenAI's builder failed. `python -m course_utils doctor` checks what it needs. Its last words "
            "were:\n  " + "\n  ".join(last)
        )
