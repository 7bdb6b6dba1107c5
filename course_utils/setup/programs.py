"""Starts programs in the course's environment, and waits for them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from course_utils import language
from course_utils.base import ROOT, CourseError

HOMES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR")  # folders that are in the home folder


def start(python: Path, arguments: list[str], **options: object) -> subprocess.Popen:
    """Start the environment's Python with these arguments. Raises CourseError.

    `course_utils` comes from this folder, whatever is installed; kernels come from this environment, whatever the
    learner's own Jupyter has; JupyterLab asks no question about news; the libraries send no telemetry.
    """
    ours = ROOT / "course_utils/setup/jupyter"
    translated = [language.FOLDER / language.chosen() / "jupyter"] * bool(language.chosen())
    jupyter = os.pathsep.join(map(str, [*translated, ours]))
    first = {"PYTHONPATH": ROOT, "PATH": python.parent, "JUPYTER_CONFIG_PATH": jupyter, "JUPYTER_PATH": ours}
    own = {name: os.pathsep.join(filter(None, [str(path), os.environ.get(name)])) for name, path in first.items()}
    quiet = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    if not os.access(os.path.expanduser("~"), os.W_OK):  # of a read-only home: Jupyter and IPython would not start
        quiet.update(dict.fromkeys(HOMES, tempfile.mkdtemp(prefix="course-home-")))
    variables = {**quiet, **os.environ, **own, "JUPYTER_PREFER_ENV_PATH": "1"}
    try:
        return subprocess.Popen([str(python), *arguments], env=variables, **options)
    except OSError as error:
        reason = f"The environment's Python does not start ({error})."
        raise CourseError(f"{reason} Delete the folder .venv, then start the command again.") from None


def wait(process: subprocess.Popen, patience: float | None = None) -> int:
    """Wait for a program and give its exit status. Ctrl+C reaches it too: let it end in its own way, but kill it if it
    has not ended `patience` seconds later."""

    def end(*_: object) -> None:
        process.terminate()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    limit = None
    while True:
        try:
            return process.wait(limit)
        except KeyboardInterrupt:
            limit = patience
        except subprocess.TimeoutExpired:
            process.kill()
            limit = None


def free_port(wanted: int | None) -> int:
    """The port that was asked for, or the first free one from 8888. Raises CourseError."""
    for port in [wanted] if wanted else range(8888, 8988):
        with socket.socket() as test:
            if os.name != "nt":  # as Jupyter does it: a server that has just stopped blocks its port for a minute
                test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                test.bind(("127.0.0.1", port))
                return port
            except (OSError, OverflowError):
                continue
    taken = f"Port {wanted} cannot be used" if wanted else "The ports 8888 to 8987 are all taken"
    raise CourseError(f"{taken}. Name another one: python -m course_utils lab --port 9000")


def wait_for_server(process: subprocess.Popen, server: str, seconds: float = 120) -> None:
    """Wait until JupyterLab answers at the address `server`. Raises CourseError."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy cannot see this machine
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            opener.open(server + "/api", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise CourseError("JupyterLab did not start: its own words are above. python -m course_utils doctor may help.")
