"""Runs pip in the course's environment, and turns its failures into one clear message each."""

from __future__ import annotations

import http.client
import os
import platform
import re
import subprocess
import sys
import traceback
import urllib.request
from pathlib import Path

from course_utils.base import ROOT, CourseError, data
from course_utils.setup import machine

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
WHEELS = ROOT / "wheels"  # in a folder that `pack` made: the packages, so that no network is needed
SPACE = 3 * machine.GB  # the environment (1.8 GB) and what pip unpacks on the way

OTHER_WHEELS = (
    "Take a pack that was made for it (pack --for SYSTEM --python VERSION), or another Python. "
    "With a network: delete the folder wheels."
)

# What pip says, as a pattern, and what we make of it. The first that fits counts.
_LARGE = r"\s*(?:Downloading|Using cached) (?:\S*/)?([^\s-]+)-([^\s-]+)\S* (\([\d.]+ [MG]B\))"  # name, version, size
_FAULTS = data(__file__, "pip_faults.json")


def say(text: str) -> None:
    """A line for people: on standard error, because standard output may carry JSON."""
    print(text, file=sys.stderr, flush=True)


def torch_index(url: str = CPU_INDEX, other: str = "") -> list[str]:
    """pip's options for PyTorch without CUDA, here or on an `other` system: its CPU index, if wanted and answering."""
    if (other or platform.system()) != "Linux" or (not other and machine.gpus()):
        return []  # elsewhere the usual package has no CUDA, and with an NVIDIA GPU it is the right one
    try:
        urllib.request.urlopen(url + "/torch/", timeout=4).close()
    except (OSError, http.client.HTTPException, ValueError):
        say("PyTorch's CPU index does not answer: pip takes its usual package, which may be several GB larger.")
        return []
    return ["--extra-index-url", url]


def pip_install(python: Path, packages: list[str]) -> None:
    """Run `pip install` with an environment's Python, one line for each large download. Raises CourseError."""
    index = ["--no-index", "--find-links", str(WHEELS)] if WHEELS.is_dir() else []
    if not index and any(line.startswith("torch==") for line in packages):
        index = torch_index()
    command = [str(python), "-I", "-m", "pip", "install", "--progress-bar", "off", *index, *packages]
    settings = {**os.environ, "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}
    settings.update({"PIP_CONFIG_FILE": os.devnull} if WHEELS.is_dir() else {})
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    lines = []
    with subprocess.Popen(command, cwd=str(ROOT), env=settings, **output) as process:
        for line in process.stdout:
            lines.append(line.rstrip())
            if large := re.match(_LARGE, line):
                say("  {} {} {}".format(*large.groups()))
            elif line.startswith("Installing collected"):
                say("  Installing what was downloaded")
    if process.returncode:
        last = "\n".join([line for line in lines if line.startswith("ERROR")][-3:] or lines[-3:])
        reason = explain(lines) or f"pip could not install the course's packages:\n{last}"
        if WHEELS.is_dir() and "No matching distribution" in last:
            here = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
            reason = f"The packages in {WHEELS} are not for this computer, {here}:\n{last}\n{OTHER_WHEELS}"
        raise CourseError(f"{reason}\nThe same command goes on from here.")


def untrusted(error: Exception) -> str | None:
    """What to tell the learner where an error comes from a certificate that is not trusted; None if it does not."""
    sign = "CERTIFICATE_VERIFY_FAILED"
    return _FAULTS[sign] if sign in "".join(traceback.format_exception(error)) else None


def explain(lines: list[str]) -> str | None:
    """What to tell the learner about a failure, from what pip printed; None if it is nothing known."""
    # A WARNING is about a connection that may have come back: it must not hide the ERROR that ended all.
    text = "\n".join(line for line in lines if not line.lstrip().startswith("WARNING"))
    known = (message for pattern, message in _FAULTS.items() if re.search(pattern, text, flags=re.IGNORECASE))
    return next(known, None)
