"""Makes the environment the course runs in, once, and starts programs inside it.

The standard library is enough, because this runs before anything is installed. It also has to load on
Pythons that are too old for the course, so that they can be told so.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from course_utils.base import ROOT, CourseError
from course_utils.setup import fetching, machine, minilm, smollm2
from course_utils.setup.installer import SPACE, explain, pip_install, say
from course_utils.setup.programs import start

VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# What `load()` opens, pico-mini's ONNX form, which answers where SmolLM2 cannot be had, and MiniLM.
MODELS = (
    "from course_utils.pico.export import onnx_folder; onnx_folder('pico-mini', progress=False); "
    "from course_utils.models import smollm2; smollm2.prepare(); "
    "from course_utils.setup import minilm; minilm.prepare()"
)


def pins(tests: bool = False) -> dict[str, str]:
    """The packages that the course needs, and with `tests` those that its tests need besides, and their versions."""
    files = [ROOT / "requirements.txt"] + [ROOT / "tests/requirements.txt"] * tests
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    line = r'^([\w.-]+(?:\[\w+\])?)==([\w.+!-]+)(?: ; sys_platform == "(\w+)")?'  # the last: only on that system
    return {name: pin for name, pin, system in re.findall(line, text, re.MULTILINE) if system in ("", sys.platform)}


def chosen_python(tests: bool = False) -> Path:
    """The Python that runs the course: this one, where it has all that is pinned; else that of the course's `.venv`.

    A container, Binder, or an environment of your own is used as it is, and nothing is ever installed into it.
    """
    ours = VENV.exists() and Path(sys.prefix).resolve() == VENV.resolve()
    here = Path(sys.executable)
    return PYTHON if ours or lacking(here, tests) else here


def installed(name: str, python: Path) -> str | None:
    """The version of a package that a Python has; None if it is missing or only half unpacked."""
    paths = list(map(str, _site_packages())) if python == PYTHON else sys.path
    for found in importlib.metadata.distributions(name=name.partition("[")[0], path=paths):
        if python != PYTHON or found.read_text("INSTALLER"):
            return found.version
    return None


def _site_packages() -> list[Path]:
    return [*VENV.glob("lib/python3*/site-packages"), *VENV.glob("Lib/site-packages")]


def lacking(python: Path, tests: bool = False) -> list[str]:
    """What pip has to install, so that a Python has all packages in the versions that the course was tested with."""
    has = {name: installed(name, python) or "" for name in pins(tests)}
    return [f"{name}=={pin}" for name, pin in pins(tests).items() if has[name].split("+")[0] != pin]  # 2.13.0+cpu fits


def prepare(tests: bool = False) -> Path:
    """The Python with everything that the course needs, and its tests; installs it first. Raises CourseError."""
    complaint = machine.unsupported()
    if complaint:
        raise CourseError("\n".join(complaint))
    python = chosen_python(tests)
    try:
        if python == PYTHON and (not PYTHON.exists() or lacking(PYTHON, tests)):
            with _alone():
                _install(tests)
                prepare_models(python)
        else:
            if python == PYTHON:
                _link()
            # Where nobody may write, as in a course on a shared disk, pico-mini answers.
            if fetching.wanted() and not (smollm2.ready() and minilm.ready()) and os.access(ROOT, os.W_OK):
                with _alone():
                    prepare_models(python)
    except KeyboardInterrupt:
        say("\nStopped. Start the same command again, and it goes on from here.")
        raise
    except OSError as error:
        reason = f"The environment {VENV} cannot be made: {error}"
        raise CourseError(explain([str(error)]) or reason) from None
    return python


def prepare_models(python: Path) -> None:
    say("Preparing the models (a minute or two, once).")
    if start(python, ["-c", MODELS], stdout=subprocess.DEVNULL).wait():
        say("That did not work now. The first notebook will do it.")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Keep other windows from installing at the same time: each would delete what the other is unpacking.

    What counts is the system's lock on the file, which ends with its holder in any case; the file itself stays.
    """
    with (ROOT / ".venv.lock").open("a") as file:  # beside the environment, because making that clears its folder
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # Linux and macOS, Windows
            raise CourseError("Another window is installing the course. Wait for it, then start again.") from None
        except OSError:  # some network disks have no locks: go on without
            pass
        yield


def _install(tests: bool) -> None:
    space = SPACE if any(line.startswith("torch==") for line in lacking(PYTHON)) else machine.GB
    check_space(space, machine.free_disk(ROOT))
    if sys.prefix not in (sys.base_prefix, str(VENV)):
        say("The active environment stays as it is: the course has one of its own.")
    if machine.works(str(PYTHON), "-I", "-c", "import pip"):  # else it is half made, or a dead link
        say("Completing the course's environment in .venv.")
    else:
        say(f"Making the course's environment in {VENV}: once, a few minutes, up to {space // machine.GB} GB.")
        _make()
    for info in (info for folder in _site_packages() for info in folder.glob("*.dist-info")):
        if not (info / "INSTALLER").exists():  # pip writes it last: it was interrupted, and has to do it again
            shutil.rmtree(info)
    pip_install(PYTHON, lacking(PYTHON, tests))
    _link()
    say("The environment is ready.")


def check_space(needed: int, free: int) -> None:
    """Raises CourseError if a disk has less than `needed` bytes free."""
    if free < needed:
        what = f"installing needs {needed / machine.GB:.1f} GB, and {ROOT} has {free / machine.GB:.1f} GB free"
        raise CourseError(f"The disk is too full: {what}. Free some space, or move the course to another disk.")


def _make() -> None:
    command = [sys.executable, "-I", "-m", "venv", "--clear", str(VENV)]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = made.stdout.decode("utf-8", errors="replace").strip()
    if "ensurepip is not available" in output:  # Debian and its relatives
        package = f"python3.{sys.version_info[1]}-venv"
        raise CourseError(f"This Python cannot make environments. Try again after: sudo apt install {package}")
    if made.returncode:
        raise CourseError(f"The environment could not be made in {VENV}.\n{explain(output.splitlines()) or output}")


def _link() -> None:
    """Let the environment find `course_utils` in this folder, which may have moved, without our commands too."""
    line = f"import sys; sys.path.append({ascii(str(ROOT))})\n"
    for folder in _site_packages():
        file = folder / "small-language-models-course.pth"
        if not file.exists() or file.read_text(encoding="ascii") != line:
            file.write_text(line, encoding="ascii")
