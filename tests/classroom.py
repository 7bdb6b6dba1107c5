"""An environment with JupyterHub and nbgrader, beside the one of the tests, whose packages it sees.

COURSE_CLASSROOM names a Python that has them already.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from filelock import FileLock

REQUIREMENTS = Path(__file__).with_name("classroom.txt")
INSTALL = ("-m", "pip", "install", "-q", "--disable-pip-version-check", "-r")


def python(tmp_path_factory) -> Path:
    """Its Python, made once for all workers of pytest. Skips the test where no registry can be reached."""
    if given := os.environ.get("COURSE_CLASSROOM"):
        return Path(given)
    folder = tmp_path_factory.getbasetemp()
    return made((folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder) / "classroom")


def made(folder: Path) -> Path:
    """The Python of an environment in this folder, which is made if it is not there."""
    found = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    with FileLock(f"{folder}.lock"):
        if not (folder / "ready").exists():
            run(sys.executable, "-m", "venv", "--without-pip", folder)  # it sees ours
            purelib = run(found, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip()
            Path(purelib, "course.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")
            try:
                run(found, *INSTALL, REQUIREMENTS)
            except AssertionError as error:
                if "NewConnectionError" in str(error):
                    pytest.skip("the registry of packages cannot be reached")
                raise
            (folder / "ready").touch()
    return found


def run(*command, **options) -> str:
    """What a program prints. Raises AssertionError with its words where it fails."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.stderr[-3000:]}"
    return done.stdout
