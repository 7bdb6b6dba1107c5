"""Runs pip, shows how far it is, and turns its failures into one clear message each.

The standard library is enough, as in environment.py.
"""

from __future__ import annotations

import http.client
import os
import platform
import re
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

from course_utils.base import ROOT, CourseError
from course_utils.setup import machine

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SPACE = 3 * machine.GB  # the environment (1.8 GB) and what pip unpacks on the way
SPACE_WITH_CUDA = 9 * machine.GB


class SetupError(CourseError):
    """The environment cannot be made. The message says what happened and what to do."""


def say(text: str) -> None:
    """A line for people: on standard error, because standard output may carry JSON."""
    print(text, file=sys.stderr, flush=True)


def torch_index(url: str = CPU_INDEX, seconds: float = 4.0) -> list[str]:
    """pip's options for PyTorch without CUDA: its CPU index, where it is wanted and answers in time."""
    if platform.system() != "Linux" or machine.gpus():
        return []  # elsewhere the usual wheel has no CUDA, and with an NVIDIA GPU it is the right one
    answers = []

    def ask() -> None:
        try:
            urllib.request.urlopen(url + "/torch/", timeout=seconds).close()
            answers.append(True)
        except (OSError, http.client.HTTPException, ValueError):
            pass

    # In a thread of its own, because looking up a name can take longer than any timeout.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if answers:
        return ["--extra-index-url", url]
    say("PyTorch's CPU index does not answer: pip takes its usual package, which may be several GB larger.")
    return []


def pip_install(python: Path, what: list[str], torch: bool) -> None:
    """Run `pip install` in an environment. `torch`: PyTorch is among what it fetches. Raises SetupError."""
    index = torch_index() if torch else []
    command = [str(python), "-I", "-m", "pip", "install", "--progress-bar", "off", *index, *what]
    settings = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}
    process = subprocess.Popen(
        command,
        cwd=str(ROOT),
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    lines = []
    try:
        with _Progress() as progress:
            for line in process.stdout:
                lines.append(line.rstrip())
                progress.show(line)
        status = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if status:
        last = "\n".join([line for line in lines if line.startswith("ERROR")][-3:] or lines[-3:])
        raise SetupError(explain(lines) or f"pip could not install the course's packages:\n{last}")


# What pip says, and what we make of it. The first that fits counts.
_FAULTS = [
    (
        r"No space left on device|Errno 28|not enough space on the disk|Disk quota exceeded",
        "The disk became full while installing, which needs about {need} GB. Free some space (or set TMPDIR "
        "to a folder on a larger disk), then start the same command again: it goes on from here.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        "The package index showed a certificate that this computer does not trust. Behind the proxy of a "
        "school or company, set PIP_CERT to the proxy's certificate file, or ask whoever runs the network.",
    ),
    (
        r"NewConnectionError|NameResolutionError|Max retries exceeded|Connection refused|timed out|ProxyError"
        r"|Failed to establish a new connection|Network is unreachable|getaddrinfo failed|connection broken",
        "There is no connection to the package index (pypi.org, or the one pip is set to). The first start "
        "needs the internet, later ones do not. Connect, then start the same command again.",
    ),
    (
        r"Long Path support",
        "The folder's path is too long for Windows. Move the course to a short one such as C:\\course.",
    ),
    (
        r"Permission denied|Access is denied|WinError 5\b",
        "A file cannot be written. Move the course to a folder of your own, close other programs that use "
        "its .venv folder, then start the same command again.",
    ),
    (
        r"from versions: none",
        "pip finds no package that fits this computer. Either the package index (pypi.org, or the one pip is "
        "set to) cannot be reached, or PyTorch does not support this system: it wants Windows, a Mac with "
        "Apple silicon, or a Linux with glibc (not Alpine).",
    ),
]


def explain(lines: list[str]) -> str | None:
    """What to tell the learner about a failure, from what pip printed; None if it is nothing known."""
    # A WARNING about a connection that came back must not hide the ERROR that ended it. Only where pip found
    # no version at all do the warnings say why.
    hard = [line for line in lines if not line.lstrip().startswith("WARNING")]
    ended = any(line.startswith("ERROR") for line in hard)
    found_none = any("from versions: none" in line for line in hard)
    text = "\n".join(hard if ended and not found_none else lines)
    for pattern, message in _FAULTS:
        if re.search(pattern, text, flags=re.IGNORECASE):
            return message.format(need=SPACE // machine.GB)
    return None


class _Progress:
    """Shows what pip is at: one line with a running clock in a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self.text = "asking for the list of packages"
        self.live = sys.stderr.isatty()
        self.started = time.monotonic()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> _Progress:
        if self.live:
            self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        if self.live:
            self.thread.join()  # else it could write once more on the cleared line
            print("\r" + " " * _room() + "\r", end="", file=sys.stderr, flush=True)

    def show(self, line: str) -> None:
        """Take one line of pip's output, and show it if it is news."""
        fetching = r"(Downloading|Using cached|Processing) (\S+)( \([\d.]+ \w+\))?"
        found = re.match(rf"\s*(?:{fetching}|Installing collected)", line)
        if not found or ".metadata" in line:
            return
        verb, file, size = found.groups(default="")
        self.text = f"{verb} {_wheel_name(file)}{size}" if verb else "Installing what was downloaded"
        if not self.live and (not verb or "MB" in size):  # a log needs only the large ones
            say(f"  {self.text}")

    def _tick(self) -> None:
        while not self.done.wait(0.5):
            minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
            line = f"  {minutes}:{seconds:02}  {self.text}"[: _room()]
            print(f"\r{line:<{_room()}}", end="", file=sys.stderr, flush=True)


def _room() -> int:
    """How many letters fit on a line of the terminal: one more, and each tick would begin a new line."""
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return (columns or 80) - 1  # some terminals say 0, for "unknown"


def _wheel_name(address: str) -> str:
    """`torch 2.13.0` from the address or path of its wheel."""
    return " ".join(re.split(r"[/\\]", address)[-1].split("-")[:2])
