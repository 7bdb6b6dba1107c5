"""ONNX Runtime GenAI's model builder, run as a program of its own."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from course_utils.base import CourseError

LIMIT = 900  # seconds for one build; a course model takes five, and one of 400 million parameters about a minute


class BuildFailed(CourseError):
    """A model could not be turned into another form."""


def run_builder(
    checkpoint: Path, work: Path, precision: str, progress: bool, more: tuple[str, ...] = (), limit: float = LIMIT
) -> None:
    """Run the builder as a program of its own: it is noisy, and an interrupt then stops it cleanly. `more` are further
    arguments of it, such as "--extra_options"; `limit` is in seconds. Raises BuildFailed."""
    where = ("-i", checkpoint, "-o", work / "model", "-c", work / "cache")
    run_module(("onnxruntime_genai.models.builder", *where, "-p", precision, "-e", "cpu", *more), work, progress, limit)


def run_module(command: tuple, work: Path, progress: bool, limit: float = LIMIT) -> None:
    """Run `python -m` with a module and its arguments, with a dot every half second, for `limit` seconds at most. What
    it prints goes to `work`/log.txt. Raises BuildFailed."""
    command = [sys.executable, "-m", *map(str, command)]
    environment = os.environ | {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1", "PYTHONUTF8": "1"}
    environment["PYTHONUNBUFFERED"] = "1"  # its last words come last
    log, ends = work / "log.txt", time.monotonic() + limit
    with log.open("ab") as output:
        builder = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        try:
            while builder.poll() is None and time.monotonic() < ends:
                print("." if progress else "", end="", flush=True)
                with suppress(subprocess.TimeoutExpired):
                    builder.wait(timeout=0.5)
            timed_out = builder.poll() is None
        finally:
            builder.kill()
            builder.wait()
    if timed_out:
        raise BuildFailed(
            f"The builder had not ended after {limit / 60:.2g} minutes and was stopped: this computer has too much "
            "else to do, or too little memory for the model. Close other programs, and try again."
        )
    if builder.returncode != 0:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        if builder.returncode < 0:
            last.append(
                f"Error: the system ended it with signal {-builder.returncode}, as it does when memory is short"
            )
        raise BuildFailed(
            "ONNX Runtime GenAI's builder failed. `python -m course_utils doctor` checks what it needs. Its last words "
            "were:\n  " + "\n  ".join(last)
        )
