"""Starts programs in the course's environment, and waits for them."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from course_utils.base import ROOT, CourseError


def variables(python: Path) -> dict[str, str]:
    """The environment variables of a program that `python` runs.

    `course_utils` comes from this folder, whatever is installed; kernels come from this environment, whatever the
    learner's own Jupyter has; JupyterLab asks no question about news; the libraries send no telemetry.
    """
    first = {"PYTHONPATH": ROOT, "PATH": python.parent, "JUPYTER_CONFIG_PATH": ROOT / "course_utils/setup/jupyter"}
    own = {name: os.pathsep.join(filter(None, [str(path), os.environ.get(name)])) for name, path in first.items()}
    quiet = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    return {**quiet, **os.environ, **own, "JUPYTER_PREFER_ENV_PATH": "1"}


def start(python: Path, arguments: list[str], **options: object) -> subprocess.Popen:
    """Start the environment's Python with these arguments."""
    try:
        return subprocess.Popen([str(python), *arguments], env=variables(python), **options)
    except OSError as error:
        reason = f"The environment's Python does not start ({error})."
        raise CourseError(f"{reason} Delete the folder .venv, then start the command again.") from None


def wait(process: subprocess.Popen) -> int:
    """Wait for a program and give its exit status. Ctrl+C reaches it too: let it end in its own way."""
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
