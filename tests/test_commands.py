"""The commands: what they print, what they promise before anything is installed, and how they fail."""

import ast
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from course_utils import ROOT, CourseError
from course_utils.__main__ import PROGRAMS
from course_utils.setup import environment, installer, machine, programs

SETUP = sorted(f"setup/{path.name}" for path in (ROOT / "course_utils/setup").glob("*.py"))
FIRST_FILES = ["__init__.py", "__main__.py", "base.py", "language.py", *SETUP]
NAMES = ("lab", "test", "doctor", "train", "bench", "serve", "certificate")
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)  # the one without our packages
NO_INDEX = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
NO_NETWORK = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}


def run(course: Path, *command: str, python: str = BASE_PYTHON, **variables: str) -> subprocess.CompletedProcess:
    """Run a command in a copy of the course, as a learner's shell would."""
    return subprocess.run(
        [python, *command],
        cwd=course,
        env=shell(**variables),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def shell(**variables: str) -> dict[str, str]:
    """The variables of a fresh terminal: none of those that the test command sets or pip reads, and no SmolLM2."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHONPATH", "JUPYTER"))}
    return {**own, "PYTHONUTF8": "1", "COURSE_SMOLLM2": "0", **variables}


def commands(course: Path, *arguments: str, **options: str) -> subprocess.CompletedProcess:
    return run(course, "-m", "course_utils", *arguments, **options)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """What a learner has before anything is installed, in a folder with a space and letters beyond ASCII."""
    folder = tmp_path / "kurssi äö 课程"
    (folder / "course_utils").mkdir(parents=True)
    for name in ("__init__.py", "__main__.py", "base.py", "language.py"):
        shutil.copy(ROOT / "course_utils" / name, folder / "course_utils" / name)
    shutil.copytree(ROOT / "course_utils/setup", folder / "course_utils/setup")
    shutil.copy(ROOT / "requirements.txt", folder)
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests/requirements.txt", folder / "tests")
    return folder


def one_object(done: subprocess.CompletedProcess) -> dict:
    """Standard output, which has to be one JSON object and nothing else."""
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


# -- before anything is installed ------------------------------------------------------------------


@pytest.mark.parametrize("name", FIRST_FILES)
def test_old_pythons_can_read_the_files_that_tell_them_they_are_too_old(name):
    ast.parse((ROOT / "course_utils" / name).read_text(encoding="utf-8"), feature_version=(3, 8))


def test_first_files_import_only_the_standard_library_and_each_other():
    allowed = sys.stdlib_module_names | {"course_utils", "psutil"}  # psutil: asked for, not needed
    for name in FIRST_FILES:
        tree = ast.parse((ROOT / "course_utils" / name).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed, name
            elif isinstance(node, ast.ImportFrom):
                assert node.module.split(".")[0] in allowed, name


def test_help_names_every_command(course):
    done = commands(course, "--help")
    assert done.returncode == 0
    assert all(re.search(rf"^    {name}\s", done.stdout, re.M) for name in NAMES)
    for name in NAMES:
        assert "--json" in commands(course, name, "--help").stdout
    assert not (course / ".venv").exists()


def test_train_without_a_model_shows_its_usage_before_it_installs_anything(course):
    done = commands(course, "train", **NO_INDEX)
    assert done.returncode == 0 and done.stdout.startswith("usage: python -m course_utils train [-h] [--json] MODEL")
    assert not (course / ".venv").exists()


def test_unknown_command_and_option_show_the_usage(course):
    for wrong in (["labb"], ["lab", "--prot", "9000"], ["test", "-k", "tokens"], [], ["bench"], ["bench", "trian"]):
        done = commands(course, *wrong)
        assert done.returncode == 2
        assert done.stderr.startswith("usage: python -m course_utils")


@pytest.mark.parametrize("arguments", [["train", "-h"], ["serve", "--help"], ["bench", "fit", "--help"]])
def test_nobody_waits_for_an_install_to_read_the_help(course, arguments):
    done = commands(course, *arguments, **NO_INDEX)
    assert done.returncode == 0 and done.stdout.startswith(
        f"usage: python -m course_utils {arguments[0]} [-h] [--json]"
    )
    assert not (course / ".venv").exists()


def test_every_program_is_there():
    for module in PROGRAMS.values():
        path = ROOT / module.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body), module


def test_doctor_works_before_the_environment_exists(course):
    done = run(course, "-S", "-m", "course_utils", "doctor")
    assert done.returncode == 1
    assert "Fault: The course's environment is not made yet.\n Mend: python -m course_utils lab" in done.stdout
    assert "Traceback" not in done.stderr


# -- what is pinned --------------------------------------------------------------------------------

UNSEEN = {  # needed, and imported by nobody here
    "accelerate": "peft",
    "onnx-ir": "the builder of ONNX Runtime GenAI",
    "onnxscript": "the builder of ONNX Runtime GenAI",
    "jupyterlab": "a command",
    "jupyterlab-language-pack-fi-FI": "JupyterLab",
    "ruff": "a command",
    "pytest-timeout": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "sphinx": "a command",
    "myst-nb": "sphinx",
    "myst-parser": "sphinx",
    "sphinx-book-theme": "sphinx",
    "pydata-sphinx-theme": "sphinx",
}
DISTRIBUTIONS = {
    "PIL": "pillow",
    "IPython": "ipython",
    "websocket": "websocket-client",
    "yaml": "pyyaml",
}  # what pip calls a module, where it is not the module's name


def imported(text: str) -> set[str]:
    """The top names that a text of Python imports, wherever it does."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    return names


def packages_of(folder: str) -> set[str]:
    """The packages that the files and notebooks of a folder import, as pip calls them."""
    files = [path for path in (ROOT / folder).rglob("*.py") if path.parent.name != "clients"]  # they say their own pins
    texts = [path.read_text(encoding="utf-8") for path in files]
    for path in (ROOT / folder).glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    ours = {"course_utils", "notebooks", "translations", "tests"} | {
        path.stem for path in (ROOT / "tests").glob("*.py")
    }
    names = set().union(*map(imported, texts)) - sys.stdlib_module_names - ours
    return {DISTRIBUTIONS.get(name, name).replace("_", "-") for name in names}


def test_what_is_imported_is_pinned_and_nothing_else():
    pins = {name.replace("_", "-") for name in environment.pins()}
    optional = {"xllamacpp", "mlx", "mlx-lm", "mlx-lm[cpu]", "openvino"}  # the engines of notebook 09
    for_tests = {name.replace("_", "-") for name in environment.pins(tests=True)} - pins - optional
    learners = (packages_of("course_utils") | packages_of("notebooks") | packages_of("translations")) - optional
    assert learners - pins == set() and pins - learners - set(UNSEEN) == set()
    assert packages_of("tests") - pins - for_tests == set() and for_tests - packages_of("tests") - set(UNSEEN) == set()


def test_every_line_of_the_lists_pins_one_version():
    lines = [
        line for name in ("", "tests/") for line in (ROOT / f"{name}requirements.txt").read_text("utf-8").split("\n")
    ]
    others = {"linux", "darwin"} - {sys.platform}
    wanted = [line for line in lines if line and line[0] != "#" and not any(f'"{name}"' in line for name in others)]
    assert len(environment.pins(tests=True)) == len(wanted) - 2
    assert "-e ." in wanted and "-r ../requirements.txt" in wanted


# -- Pythons that cannot run the course ------------------------------------------------------------


def old_pythons(*versions: str) -> list[str]:
    """Those of these versions that this computer has, pyenv's first: its commands in PATH may be switched off."""
    folders = [Path.home() / ".pyenv" / "versions", Path(os.environ.get("PYENV_ROOT", ".")) / "versions"]
    kept = [str(path) for name in versions for folder in folders for path in folder.glob(f"{name}.*/bin/python")]
    return kept[:3] or [path for path in (shutil.which(f"python{name}") for name in versions) if path]


def test_an_old_python_is_told_so_in_one_message(course):
    pythons = old_pythons("3.8", "3.9", "3.10")
    if not pythons:
        pytest.skip("no Python 3.8, 3.9 or 3.10 on this computer")
    nothing_else = str(course)  # as PATH: no search for a Python that fits, which costs seconds with pyenv
    for python in pythons:
        done = commands(course, "lab", "--json", python=python, PATH=nothing_else)
        assert done.returncode == 1
        what, mend = done.stderr.splitlines()
        assert what.startswith("The course needs Python 3.11 to 3.14, and this is Python 3.")
        assert "https://www.python.org/downloads/" in mend
        assert one_object(done)["error"] == done.stderr.strip()
        report = one_object(commands(course, "doctor", "--json", python=python, PATH=nothing_else))
        assert report["faults"][0] == {"what": what, "mend": mend}
    assert not (course / ".venv").exists()


def test_a_python_too_old_for_our_files_is_told_so_by_the_first(course):
    pythons = old_pythons("3.6", "3.7")
    if not pythons:
        pytest.skip("no Python 3.6 or 3.7 on this computer")
    for python in pythons:
        done = commands(course, "lab", python=python)
        assert done.returncode == 1
        what, mend = done.stderr.splitlines()
        assert what.startswith("The course needs Python 3.11 to 3.14, and this is Python 3.")
        assert "https://www.python.org/downloads/" in mend


def test_both_places_name_the_same_pythons():
    needed = f"Python 3.{machine.OLDEST} to 3.{machine.NEWEST}"
    assert needed in (ROOT / "course_utils" / "__init__.py").read_text(encoding="utf-8")
    assert needed in machine.unsupported((3, 10, 13))[0]


@pytest.mark.skipif(os.name == "nt", reason="a program of one line, as Unix starts it")
def test_an_old_python_names_one_that_fits(monkeypatch, tmp_path):
    for name, status in (("python3.13", 1), ("python3.12", 0)):  # pyenv leaves commands that only say that they are off
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    _, mend = machine.unsupported((3, 10, 13))
    assert mend == "This computer has one that fits. Use it instead: python3.12"


@pytest.mark.parametrize(
    ("computer", "says"),
    [
        ({"version": (3, 10, 13)}, "Python 3.10.13"),
        ({"version": (3, 15, 0)}, "3.11 to 3.14"),
        ({"version": (3, 12, 1), "bits": 32}, "64-bit"),
        ({"version": (3, 12, 1), "bits": 64, "system": "Darwin", "arch": "x86_64"}, "Intel"),
    ],
)
def test_unsupported_computers_hear_why_and_what_to_do(computer, says):
    what, mend = machine.unsupported(**computer)
    assert says in what and mend


@pytest.mark.parametrize("system, arch", [("Linux", "x86_64"), ("Darwin", "arm64"), ("Windows", "AMD64")])
@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 2)])
def test_supported_computers(system, arch, version):
    assert machine.unsupported(version, system, arch, 64) is None


# -- making the environment ------------------------------------------------------------------------


def write_wheel(folder: Path, name: str, version: str = "1.0") -> None:
    """A package of one module, small enough to install for real in a test."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"version = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)


PREPARE = "from course_utils.setup import environment; print(environment.prepare())"


@pytest.fixture
def small_course(course: Path) -> Path:
    """A course of small packages, which lie beside it, and whose first model is a line in a file."""
    for name in ("coursedemo", "coursetest"):
        write_wheel(course / "packages", name)
    (course / "requirements.txt").write_text("coursedemo==1.0\n-e .\n", encoding="utf-8")
    (course / "tests/requirements.txt").write_text("-r ../requirements.txt\ncoursetest==1.0\n", encoding="utf-8")
    code = "from pathlib import Path\ndef onnx_folder(name, progress):\n    Path(name).touch(exist_ok=False)\n"
    for file, text in {"pico/export.py": code, "models/smollm2.py": "def prepare():\n    print('dots')\n"}.items():
        (course / "course_utils" / file).parent.mkdir()
        (course / "course_utils" / file).write_text(text, encoding="utf-8")
    return course


def local(course: Path) -> dict[str, str]:
    """pip's settings for the packages beside the course."""
    return {**NO_INDEX, "PIP_FIND_LINKS": (course / "packages").as_uri()}


def prepare(course: Path, python: str = BASE_PYTHON, tests: bool = False) -> subprocess.CompletedProcess:
    call = PREPARE.replace("prepare()", f"prepare(tests={tests})")
    return run(course, "-c", call, python=python, **local(course))


def test_the_environment_is_made_once_kept_repaired_and_moved(small_course):
    """One story, because each environment takes seconds: half-made, made, interrupted, completed, moved."""
    course = small_course
    (course / ".venv" / "bin").mkdir(parents=True)  # somebody pulled the plug in the first second
    made = prepare(course)
    assert made.returncode == 0, made.stderr
    assert Path(made.stdout.strip()).is_relative_to(course / ".venv")
    words = ["Making the course's environment", "  Installing", "The environment is ready", "Preparing the models"]
    assert [line.startswith(word) for line, word in zip(made.stderr.splitlines(), words, strict=True)] == [True] * 4
    assert (course / "pico-mini").exists()  # the first model was prepared, by the new environment

    kept = prepare(course)
    assert kept.stderr == "" and kept.stdout == made.stdout

    [info] = (course / ".venv").glob("[lL]ib/**/coursedemo-1.0.dist-info")
    (info / "INSTALLER").unlink()  # pip was interrupted while it unpacked this package
    (info.parent / "coursedemo.py").unlink()
    repaired = prepare(course)
    assert repaired.stderr.startswith("Completing") and (info.parent / "coursedemo.py").exists()
    assert "The first notebook will do it" in repaired.stderr and repaired.returncode == 0  # the model: one line

    # An active environment that lacks something stays as it is. Without a network, that is one message.
    active = course.parent / "active"
    subprocess.run([BASE_PYTHON, "-m", "venv", "--without-pip", str(active)], check=True)
    python = str(active / environment.PYTHON.relative_to(environment.VENV))
    before = sorted(active.rglob("*"))
    offline = commands(course, "test", "--json", python=python, **NO_NETWORK)
    assert offline.returncode == 1 and "Traceback" not in offline.stderr
    message = one_object(offline)["error"]
    assert message.startswith("There is no connection to the package index") and message in offline.stderr
    assert not (info.parent / "coursetest.py").exists()
    completed = prepare(course, python=python, tests=True)
    assert completed.stderr.startswith("The active environment stays as it is: the course has one of its own.\nCompl")
    assert (info.parent / "coursetest.py").exists() and sorted(active.rglob("*")) == before

    # One that has everything is used.
    [packages] = active.glob("[lL]ib/**/site-packages")
    with zipfile.ZipFile(course / "packages/coursedemo-1.0-py3-none-any.whl") as wheel:
        wheel.extractall(packages)
    used = prepare(course, python=python)
    assert Path(used.stdout.strip()) == Path(python) and used.stderr == ""

    # Another version is put back to the one that the course was tested with.
    write_wheel(course / "packages", "coursedemo", "2.0")
    (course / "requirements.txt").write_text("coursedemo==2.0\n", encoding="utf-8")
    assert prepare(course).returncode == 0 and "2.0" in (info.parent / "coursedemo.py").read_text()

    # The folder moves: nothing to install, and a Python of the environment that we did not start finds the new place.
    moved = course.rename(course.parent / "moved 课程")
    assert prepare(moved).stderr == ""
    where = "import course_utils; print(ascii(course_utils.__file__))"
    found = run(course.parent, "-c", where, python=str(moved / environment.PYTHON.relative_to(ROOT)))
    assert found.stdout.strip() == ascii(str(moved / "course_utils" / "__init__.py"))


TAKE_LOCK = "import time\nfrom course_utils.setup import environment as e\nwith e._alone(): print('mine', flush=True)"


def test_two_windows_do_not_install_at_once_and_a_killed_one_locks_nobody_out(course):
    command = [BASE_PYTHON, "-c", TAKE_LOCK + "; time.sleep(100)"]
    pipes = {"stdout": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=course, env=shell(), **pipes) as first:
        assert first.stdout.readline() == "mine\n"
        second = commands(course, "test", "--json", **NO_INDEX)
        assert second.returncode == 1 and "Another window is installing" in one_object(second)["error"]
        first.kill()
    assert run(course, "-c", TAKE_LOCK).stdout == "mine\n"


def test_what_cannot_be_written_is_one_message(course):
    (course / ".venv.lock").mkdir()  # even the administrator, as whom containers run, cannot write to this
    done = commands(course, "test", "--json", **NO_INDEX)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert one_object(done)["error"] == done.stderr.strip()


def test_a_full_disk_is_noticed_before_anything_is_made():
    with pytest.raises(CourseError, match=r"needs 3\.0 GB, and .* has 0\.4 GB free"):
        environment.check_space(installer.SPACE, free=400_000_000)
    environment.check_space(installer.SPACE, free=installer.SPACE)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "became full"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self-signed", "PIP_CERT"),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied", "cannot be written"),
        ("ERROR: Could not find a version that satisfies torch==2.13.0 (from versions: none)", "no connection"),
    ],
)
def test_what_pip_says_becomes_one_clear_message(line, says):
    overcome = "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError(read timed out)'"
    assert says in installer.explain([overcome, line])
    hashes = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
    assert installer.explain([overcome, hashes]) is None


def add_installed(prefix: Path, name: str, version: str) -> None:
    """What pip leaves of a package in an environment, less the package."""
    info = prefix / "lib" / "python3.11" / "site-packages" / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (info / "INSTALLER").write_text("pip\n", encoding="utf-8")


def test_a_debian_python_without_venv_is_told_the_package(monkeypatch, tmp_path):
    words = b"The virtual environment was not created successfully because ensurepip is not available."
    done = subprocess.CompletedProcess([], 1, stdout=words)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(CourseError, match=rf"sudo apt install python3\.{sys.version_info[1]}-venv"):
        environment._make()


class Index(BaseHTTPRequestHandler):
    """Stands where PyTorch's CPU index would: `/gone` has nothing."""

    def do_GET(self):
        self.send_response(404 if self.path.startswith("/gone") else 200)
        self.end_headers()
        self.wfile.write(b'{"version": "0.12.0"}' if self.path == "/api/version" else b"{}")

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


@pytest.mark.skipif(platform.system() != "Linux" or bool(machine.gpus()), reason="only Linux without a GPU asks")
def test_pytorch_comes_without_cuda_where_its_index_answers(server, capsys):
    assert installer.torch_index(server + "/here") == ["--extra-index-url", server + "/here"]
    assert capsys.readouterr().err == ""
    for silent in (server + "/gone", "http://127.0.0.1:9"):
        assert installer.torch_index(silent) == []
        assert "several GB larger" in capsys.readouterr().err


# -- the commands in an environment that has everything --------------------------------------------


@pytest.fixture
def installed_course(course: Path) -> Path:
    """A copy whose commands run in the environment of these tests, and can install nothing into it."""
    if environment.lacking(Path(sys.executable), tests=True):
        pytest.skip("this environment does not have the pinned versions")
    return course


def test_test_counts_and_hands_over_arguments_and_exit_status(installed_course):
    tests = installed_course / "tests"
    code = "import pytest\ndef test_a(): pass\ndef test_b(): pass\ndef test_c(): assert 0\n"
    (tests / "test_few.py").write_text(code + "def test_d(): pytest.skip('no')\n", encoding="utf-8")
    settings = {**NO_INDEX, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # they take seconds
    done = commands(installed_course, "test", "--json", "--", "tests", python=sys.executable, **settings)
    counts = one_object(done)
    assert counts.pop("seconds") > 0
    assert counts == {"passed": 2, "failed": 1, "skipped": 1}
    assert done.returncode == 1
    few = commands(installed_course, "test", "--", "tests", "-k", "test_a or test_b", python=sys.executable, **settings)
    assert few.returncode == 0 and few.stdout.splitlines()[-1].strip("= ").startswith("2 passed, 2 deselected")


@pytest.mark.parametrize("words", PROGRAMS, ids=" ".join)
def test_a_program_gets_its_arguments_and_gives_its_output_and_exit_status(installed_course, words):
    module = installed_course / (PROGRAMS[words].replace(".", "/") + ".py")
    module.parent.mkdir(parents=True, exist_ok=True)
    (module.parent / "__init__.py").touch()  # or a package of this name further on in the path would come first
    code = "import json\ndef main(arguments):\n    print(json.dumps({'got': arguments}))\n    return 7\n"
    module.write_text(code, encoding="utf-8")
    arguments = ["pico-mini", "--samples", "300", "--json", "--help"]
    done = commands(installed_course, *words, *arguments, python=sys.executable, **NO_INDEX)
    assert done.returncode == 7 and one_object(done) == {"got": arguments}


def test_lab_serves_this_folder_with_a_token_and_without_the_news_question(installed_course):
    notebook = installed_course / "notebooks" / "00_start_here.ipynb"
    notebook.parent.mkdir()
    notebook.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', encoding="utf-8")
    command = [sys.executable, "-m", "course_utils", "lab", "--no-browser", "--json"]
    lab = subprocess.Popen(
        command,
        cwd=installed_course,
        env=shell(**NO_INDEX),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = json.loads(lab.stdout.readline())
        page = urllib.request.urlopen(found["url"], timeout=30).read().decode()
        assert "apputils-extension:announcements" in page  # in the list of what is switched off
        base = f"http://127.0.0.1:{found['port']}"
        contents = f"{base}/api/contents/notebooks?token={found['token']}"
        names = [file["name"] for file in json.load(urllib.request.urlopen(contents, timeout=30))["content"]]
        assert names == ["00_start_here.ipynb"]
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{base}/api/contents", timeout=30)
        taken = commands(installed_course, "lab", "--port", str(found["port"]), python=sys.executable, **NO_INDEX)
        assert taken.returncode == 1 and f"Port {found['port']} cannot be used" in taken.stderr
    finally:
        if os.name == "nt":  # there, ending a program does not end those it started
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(lab.pid)], check=True)
        else:
            lab.terminate()
        lab.wait(30)
        lab.stdout.close()


def test_a_port_is_free_as_soon_as_its_server_has_stopped():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CourseError, match=f"Port {port} cannot be used"):
            programs.free_port(port)
        visitor = socket.create_connection(("127.0.0.1", port))
        server.accept()[0].close()  # the server's side closes first, and so waits for late packets
        assert visitor.recv(1) == b""
        visitor.close()
    assert programs.free_port(port) == port


# -- doctor and what it looks at -------------------------------------------------------------------


def test_doctor_on_this_computer(server):
    secret = "hf_this-value-stays-secret"
    arguments = ["-m", "course_utils", "doctor", "--json"]
    done = run(ROOT, *arguments, python=sys.executable, HF_TOKEN=secret, OLLAMA_HOST=server)
    found = one_object(done)
    assert done.returncode == (0 if found["ok"] else 1) and found["ok"] == (not found["faults"])
    assert found["python"]["version"] == platform.python_version()
    assert found["memory"]["total"] > 10**9 and found["disk"]["free"] > 0 and found["cores"] >= 1
    assert found["packages"].keys() == environment.pins(tests=True).keys()
    assert found["packages"]["pytest"]["installed"] == pytest.__version__
    assert [name for name, row in found["packages"].items() if not row["for_tests"]] == list(environment.pins())
    assert found["ollama"] == {"address": server, "reachable": True, "version": "0.12.0"}
    assert found["keys"]["HF_TOKEN"] is True
    people = run(ROOT, *arguments[:-1], python=sys.executable, HF_TOKEN=secret)
    assert secret not in done.stdout + done.stderr + people.stdout + people.stderr
    assert all(f"{fault['what']}\n Mend: {fault['mend']}" in people.stdout for fault in found["faults"])


def test_doctor_names_other_versions_and_the_line_that_mends_them(installed_course):
    pins = (installed_course / "requirements.txt").read_text(encoding="utf-8")
    pins = pins.replace(f"tqdm=={environment.pins()['tqdm']}", "tqdm==0.0.1")
    (installed_course / "requirements.txt").write_text(pins, encoding="utf-8")
    done = commands(installed_course, "doctor", "--json", python=sys.executable)
    [fault] = [fault for fault in one_object(done)["faults"] if "tqdm" in fault["what"]]
    here = environment.pins()["tqdm"]
    assert f"with: tqdm 0.0.1 (here: {here})" in fault["what"]
    assert fault["mend"] == f'"{sys.executable}" -m pip install -r requirements.txt'
    assert done.returncode == 1


def test_doctor_names_an_environment_whose_python_is_gone(course):
    python = course / environment.PYTHON.relative_to(ROOT)
    python.parent.mkdir(parents=True)
    if os.name != "nt":
        python.symlink_to(course / "removed" / "python3.11")
    for name, version in environment.pins().items():
        add_installed(course / ".venv", name, version)
    [fault, *_] = one_object(commands(course, "doctor", "--json"))["faults"]
    assert "does not start" in fault["what"] and str(python) in fault["what"]
    assert fault["mend"] == "python -m course_utils lab"


def test_installed_away_from_its_folder_the_course_says_where_it_runs(tmp_path):
    """What `pip install .` brings: the package, without the folder around it."""
    source = tmp_path / "source"
    for name in FIRST_FILES:
        (source / "course_utils" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "course_utils" / name, source / "course_utils" / name)
    shutil.copy(ROOT / "pyproject.toml", source)
    shutil.copy(ROOT / "LICENSE", source)
    build = [sys.executable, "-c", "from setuptools import build_meta; print(build_meta.build_wheel('.'))"]
    try:
        wheel = subprocess.run(build, cwd=source, capture_output=True, check=True, encoding="utf-8").stdout.split()[-1]
    except subprocess.CalledProcessError:
        pytest.skip("no setuptools here to build with")
    away = tmp_path / "away"
    with zipfile.ZipFile(source / wheel) as files:
        files.extractall(away)
    for command in (["-m", "course_utils", "doctor"], ["-c", "from course_utils import load"]):
        done = run(away, *command)
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("The course runs from its folder")


def test_ollama_that_is_not_there():
    assert machine.ollama("http://127.0.0.1:9") == {
        "address": "http://127.0.0.1:9",
        "reachable": False,
        "version": None,
    }


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        (":5000", "http://127.0.0.1:5000"),
        ("classroom:99", "http://classroom:99"),
        ("http://classroom", "http://classroom:80"),
        ("https://classroom/models/", "https://classroom:443/models"),
        ("[::1]", "http://[::1]:11434"),
        ("classroom:often", "http://classroom:often"),
        ("[::1", "http://[::1:11434"),
        ("http://[x", "http://[x:80"),
        ("http://me:s3cret@classroom:99", "http://classroom:99"),
        ("http://me:s3cret@classroom:often", "http://classroom:often"),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(monkeypatch, host, address):
    monkeypatch.setenv("OLLAMA_HOST", host)
    assert machine.ollama_address() == address
    if address.endswith("often") or "[" in address and "]" not in address:
        assert not machine.ollama()["reachable"]


CGROUPS = {
    "version 2": {
        "proc/self/cgroup": "0::/docker/course\n",
        "sys/fs/cgroup/docker/course/memory.max": "max\n",
        "sys/fs/cgroup/docker/memory.max": "2147483648\n",
        "sys/fs/cgroup/docker/memory.stat": "anon 5\ninactive_file 1000\n",
        "sys/fs/cgroup/docker/memory.current": "147483648\n",
    },
    "version 1": {
        "proc/self/cgroup": "5:memory:/somewhere/else\n3:cpu,cpuacct:/\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "2147483648\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": "147483648\n",
        "sys/fs/cgroup/memory/memory.stat": "cache 7\ntotal_inactive_file 1000\n",
    },
}


@pytest.mark.skipif(platform.system() != "Linux", reason="control groups are Linux's")
@pytest.mark.parametrize("layout", CGROUPS)
def test_memory_is_the_containers_where_it_has_a_limit(tmp_path, layout):
    for name, text in {
        **CGROUPS[layout],
        "proc/meminfo": "MemTotal: 99 kB\nMemAvailable: 64000000 kB\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = machine.memory(tmp_path)
    assert (found.total, found.container_limit) == (2**31, 2**31)
    assert found.available == 2**31 - 147483648 + 1000


QUOTAS = {
    "version 2": {
        "proc/self/cgroup": "0::/docker/course\n",
        "sys/fs/cgroup/docker/course/cpu.max": "max 100000\n",
        "sys/fs/cgroup/docker/cpu.max": "100000 100000\n",
    },
    "version 1": {
        "proc/self/cgroup": "5:memory:/\n3:cpu,cpuacct:/docker/course\n",
        "sys/fs/cgroup/cpu/docker/course/cpu.cfs_quota_us": "100000\n",
        "sys/fs/cgroup/cpu/docker/course/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    },
}


@pytest.mark.skipif(platform.system() != "Linux", reason="control groups are Linux's")
@pytest.mark.parametrize("layout", QUOTAS)
def test_cores_are_the_containers_where_it_has_a_quota(tmp_path, monkeypatch, layout):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert machine.cores(tmp_path) == 8
    for name, text in QUOTAS[layout].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert machine.cores(tmp_path) == 1
