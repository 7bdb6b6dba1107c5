"""Makes the environment the course runs in, once, and starts programs inside it.

The standard library is enough, because this runs before anything is installed. It also has to load on
Pythons that are too old for the course, so that they can be told so.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course_utils.base import ROOT
from course_utils.setup import machine
from course_utils.setup.installer import SPACE, SPACE_WITH_CUDA, SetupError, explain, pip_install, say

REQUIREMENTS = ROOT / "requirements.txt"
VENV = ROOT / ".venv"
STAMP = VENV / "course-stamp.txt"
LOCK = ROOT / ".venv.lock"  # beside it, because making it clears the folder
OWN_NAME = "small-language-models-course"

OLDEST, NEWEST = (3, 11), (3, 14)
DOWNLOAD = "Get one from https://www.python.org/downloads/ and start the command again with it."


@dataclass(frozen=True)
class Place:
    """An environment: its Python, its folder, and whether it is the course's own `.venv`."""

    python: Path
    prefix: Path
    own: bool


# -- which Python ----------------------------------------------------------------------------------


def unsupported(version: tuple = (), system: str = "", arch: str = "", bits: int = 0) -> tuple[str, str] | None:
    """Why the course cannot run on this Python, and the way out; None where it can."""
    version = version or sys.version_info[:3]
    system, arch, bits = system or platform.system(), arch or platform.machine(), bits or machine.bits()
    shown = ".".join(map(str, version))
    if not OLDEST <= tuple(version[:2]) <= NEWEST:
        needed = f"The course needs Python {_dotted(OLDEST)} to {_dotted(NEWEST)}"
        return f"{needed}, and this is Python {shown} ({sys.executable}).", _other_python()
    if bits != 64:
        return f"PyTorch needs a 64-bit Python, and this {shown} is a 32-bit one.", DOWNLOAD
    if (system, arch) == ("Darwin", "x86_64"):
        what = "PyTorch and ONNX Runtime GenAI no longer come for Macs with an Intel processor."
        return what, "Open the course in Codespaces or Binder: see README.md."
    return None


def _dotted(version: tuple) -> str:
    return ".".join(map(str, version))


def _other_python() -> str:
    """The line that starts a Python that fits, if this computer has one."""
    names = [f"python{_dotted((3, minor))}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    commands = [[str(python_of(VENV))]] + [[name] for name in names]
    if os.name == "nt":
        commands += [["py", f"-{_dotted((3, minor))}"] for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    for command in commands:
        if shutil.which(command[0]) and fits(command):
            shown = " ".join(f'"{part}"' if " " in part else part for part in command)
            return f"This computer has one that fits. Use it instead: {shown}"
    return DOWNLOAD


def fits(command: list) -> bool:
    """Whether this Python runs (it may be a dead link) and has a version the course supports."""
    test = f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    return _quietly([*command, "-I", "-c", test])


def _quietly(command: list) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=120).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


# -- where things are installed --------------------------------------------------------------------


def where() -> Place:
    """The environment that the commands use: the active one, else the course's own `.venv`.

    A Python that has everything already (a container, Binder) is used as it is. Conda's `base` counts as not
    active: it belongs to Conda, and is no place to install a course into.
    """
    prefix = Path(sys.prefix)
    conda = (prefix / "conda-meta").is_dir() and not (prefix / "condabin").is_dir()
    active = sys.prefix != sys.base_prefix or conda
    here = Place(Path(sys.executable), prefix, own=False)
    if active and not (VENV.exists() and prefix.resolve() == VENV.resolve()):
        return here
    if not active and not is_complete() and not any(differences(here)):
        return here
    return Place(python_of(VENV), VENV, own=True)


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def pins(text: str | None = None) -> dict[str, str]:
    """The packages of requirements.txt with the version each is pinned to."""
    text = REQUIREMENTS.read_text(encoding="utf-8") if text is None else text
    return dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", text, flags=re.MULTILINE))


def installed(name: str, place: Place) -> str | None:
    """The version of a package in an environment; None if it is missing or only half unpacked."""
    found = _distribution(name, place)
    return found.version if found else None


def _distribution(name: str, place: Place) -> importlib.metadata.Distribution | None:
    if place.own:
        paths = [str(folder) for folder in _site_packages(place.prefix)]
    else:  # less this folder, where building the package leaves its description
        paths = [path for path in sys.path if Path(path).resolve() != ROOT]
    for found in importlib.metadata.distributions(name=name, path=paths):
        if not place.own or found.read_text("INSTALLER"):
            return found
    return None


def _is_linked(place: Place) -> bool:
    """Whether the environment finds `course_utils` in this folder (it may have moved)."""
    found = _distribution(OWN_NAME, place)
    return bool(found) and f'{ROOT.as_uri()}"' in (found.read_text("direct_url.json") or "")


def _site_packages(prefix: Path) -> list[Path]:
    return [*prefix.glob("lib/python3*/site-packages"), *prefix.glob("Lib/site-packages")]


def differences(place: Place) -> tuple[list[str], dict[str, str]]:
    """What an environment lacks, as lines for pip, and what it has in another version than pinned."""
    missing, other = [], {}
    for name, pinned in pins().items():
        version = installed(name, place)
        if version is None:
            missing.append(f"{name}=={pinned}")
        elif version.split("+")[0] != pinned:  # 2.13.0+cpu is a 2.13.0
            other[name] = version
    return missing, other


# -- the stamp: everything is installed ------------------------------------------------------------


def stamp_text(requirements: bytes, python_version: str, root: Path) -> str:
    """What an environment was made from. Another list, Python or folder makes another text."""
    return f"{hashlib.sha256(requirements).hexdigest()}\n{python_version}\n{root}\n"


def _expected_stamp() -> str:
    try:
        settings = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        settings = ""
    version = re.search(r"^version(?:_info)? *= *(\S+)", settings, flags=re.MULTILINE)
    return stamp_text(REQUIREMENTS.read_bytes(), version.group(1) if version else "", ROOT)


def is_complete() -> bool:
    """Whether the course's own `.venv` holds everything, so that a command can go straight on."""
    if not python_of(VENV).exists():
        return False
    try:
        return STAMP.read_text(encoding="utf-8") == _expected_stamp()
    except OSError:
        return False


# -- making it -------------------------------------------------------------------------------------


def prepare() -> Place:
    """The environment with everything installed; installs what is missing first. Raises SetupError."""
    complaint = unsupported()
    if complaint:
        raise SetupError("\n".join(complaint))
    place = where()
    try:
        if not place.own:
            _add_missing(place)
        elif not is_complete():
            with _alone(LOCK):
                _make_own(place)
    except KeyboardInterrupt:
        say("\nStopped. Start the same command again, and it goes on from here.")
        raise
    except OSError as error:
        reason = f"The environment {place.prefix} cannot be made: {error}"
        raise SetupError(explain([str(error)]) or reason) from None
    _no_news(place)
    return place


def is_ready() -> bool:
    """Whether the commands can start without installing anything."""
    place = where()
    return is_complete() if place.own else not differences(place)[0]


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keep other windows from installing at the same time: each would delete what the other is unpacking.

    What counts is the system's lock on the file, which ends with its holder in any case; the file itself stays.
    """
    with lock.open("a") as file:
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # Linux and macOS, Windows
            raise SetupError("Another window is installing the course. Wait for it, then start again.") from None
        except OSError:  # some network disks have no locks: go on without
            pass
        yield


def _make_own(place: Place) -> None:
    started = time.monotonic()
    usable = fits([str(place.python)])
    if usable and not any(differences(place)) and _is_linked(place):  # somebody installed it by hand
        STAMP.write_text(_expected_stamp(), encoding="utf-8")
        return
    with_cuda = platform.system() == "Linux" and bool(machine.gpus())
    need = SPACE_WITH_CUDA if with_cuda else SPACE
    check_space(ROOT, need - _size(VENV))
    if usable and _has_pip(place.python):
        say("Completing the course's environment in .venv.")
    else:
        say(f"Making the course's environment in {VENV}: once, a few minutes, up to {need // machine.GB} GB.")
        _make_venv()
    _forget_half_installed()
    # Without isolation, pip needs no network to link the course's own package again in a folder that moved.
    isolation = ["--no-build-isolation"] if STAMP.exists() else []
    pip_install(place.python, ["-r", str(REQUIREMENTS), *isolation], torch=_fetches_torch(place))
    STAMP.write_text(_expected_stamp(), encoding="utf-8")
    say(f"The environment is ready ({time.monotonic() - started:.0f} s).")


def _fetches_torch(place: Place) -> bool:
    """Whether pip has to fetch PyTorch: it is missing, or requirements.txt now names another version."""
    missing, other = differences(place)
    return "torch" in other or any(line.startswith("torch==") for line in missing)


def _add_missing(place: Place) -> None:
    missing, other = differences(place)
    if missing:
        say(f"The active environment, {place.prefix}, gets what the course needs and it lacks:")
        say("  " + " ".join(missing))
        torch = installed("torch", place) is None
        check_space(place.prefix, SPACE if torch else machine.GB)
        if not _has_pip(place.python):
            raise SetupError("The active environment has no pip. Deactivate it: the course makes its own.")
        own = [] if installed(OWN_NAME, place) else ["-e", "."]
        with _alone(place.prefix / "course.lock"):
            pip_install(place.python, [*missing, *own], torch)
    if other:
        shown = ", ".join(f"{name} {version} (tested: {pins()[name]})" for name, version in other.items())
        say(f"The active environment has other versions than the course was tested with: {shown}.")
        say("They stay. If something fails: python -m pip install -r requirements.txt")


def _no_news(place: Place) -> None:
    """Keep JupyterLab's question about "official Jupyter news" away from the learner's first click."""
    file = place.prefix / "etc/jupyter/labconfig/page_config.d" / f"{OWN_NAME}.json"
    settings = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings), encoding="utf-8")
    except OSError:  # an environment that is not ours to write in: one click more
        pass


def check_space(folder: Path, needed: int, free: int | None = None) -> None:
    """Raises SetupError if the disk of `folder` has less than `needed` bytes free (`free`, if known)."""
    free = machine.free_disk(folder) if free is None else free
    if free < needed:
        raise SetupError(
            f"The disk is too full: installing needs {needed / machine.GB:.1f} GB, and {folder} has "
            f"{free / machine.GB:.1f} GB free. Free some space, or move the course to another disk."
        )


def _size(folder: Path) -> int:
    files = (Path(parent) / name for parent, _, names in os.walk(folder) for name in names)
    return sum(file.lstat().st_size for file in files)


def _has_pip(python: Path) -> bool:
    return _quietly([python, "-I", "-m", "pip", "--version"]) or _quietly([python, "-I", "-m", "ensurepip"])


def _make_venv() -> None:
    command = [sys.executable, "-I", "-m", "venv", "--clear", str(VENV)]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode == 0:
        return
    output = made.stdout.decode("utf-8", errors="replace").strip()
    if "ensurepip is not available" in output:  # Debian and its relatives
        package = f"python{_dotted(sys.version_info[:2])}-venv"
        raise SetupError(f"This Python cannot make environments. Try again after: sudo apt install {package}")
    reason = explain(output.splitlines()) or output
    raise SetupError(f"The environment could not be made in {VENV}.\n{reason}")


def _forget_half_installed() -> None:
    """Make pip install again what it was unpacking when it was interrupted."""
    for folder in _site_packages(VENV):
        for info in folder.glob("*.dist-info"):
            if not (info / "INSTALLER").exists():  # pip writes it last
                shutil.rmtree(info)


# -- running programs in it ------------------------------------------------------------------------


def variables(place: Place) -> dict[str, str]:
    """The environment variables of a program that runs in `place`.

    `course_utils` comes from this folder, whatever is installed; kernels come from this environment,
    whatever the learner's own Jupyter has; the libraries send no telemetry.
    """
    own = {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "PATH": os.pathsep.join([str(place.python.parent), os.environ.get("PATH", "")]),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    quiet = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    return {**quiet, **os.environ, **own}


def start(place: Place, arguments: list[str], **options: object) -> subprocess.Popen:
    """Start the environment's Python with these arguments."""
    try:
        return subprocess.Popen([str(place.python), *arguments], env=variables(place), **options)
    except OSError as error:
        reason = f"The environment's Python does not start ({error})."
        raise SetupError(f"{reason} Delete {place.prefix}, then start the same command again.") from None


def wait(process: subprocess.Popen) -> int:
    """Wait for a program and give its exit status. Ctrl+C reaches it too: let it end in its own way."""
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
