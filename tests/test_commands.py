"""The commands: what they print, what they promise before anything is installed, and how they fail."""

import ast
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from course_utils import ROOT
from course_utils.__main__ import _free_port
from course_utils.setup import environment, installer, machine

SETUP = [f"setup/{name}.py" for name in ("__init__", "doctor", "environment", "installer", "machine")]
FIRST_FILES = ["__init__.py", "__main__.py", "base.py", *SETUP]
NAMES = ("lab", "test", "doctor", "train", "bench", "serve")
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)  # the one without our packages
NO_INDEX = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
NO_NETWORK = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "1"}


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
    """The variables of a fresh terminal: none of those that the test command sets or pip reads."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHONPATH", "JUPYTER"))}
    return {**own, "PYTHONUTF8": "1", **variables}


def commands(course: Path, *arguments: str, **options: str) -> subprocess.CompletedProcess:
    return run(course, "-m", "course_utils", *arguments, **options)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """What a learner has before anything is installed, in a folder with a space and letters beyond ASCII."""
    folder = tmp_path / "kurssi äö 课程"
    (folder / "course_utils").mkdir(parents=True)
    for name in FIRST_FILES:
        shutil.copy(ROOT / "course_utils" / name, folder / "course_utils" / name)
    shutil.copy(ROOT / "requirements.txt", folder)
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
    assert all(f"    {name} " in done.stdout for name in NAMES)
    for name in NAMES:
        assert "--json" in commands(course, name, "--help").stdout
    assert not (course / ".venv").exists()


def test_train_without_a_model_shows_its_usage_before_it_installs_anything(course):
    done = commands(course, "train", **NO_INDEX)
    assert done.returncode == 0 and done.stdout.startswith("usage: python -m course_utils train [-h] [--json] MODEL")
    assert not (course / ".venv").exists()


def test_unknown_command_and_option_show_the_usage(course):
    benches = (["bench"], ["bench", "trian"], ["bench", "train", "--seconds", "0"], ["bench", "train", "--seconds", ""])
    for wrong in (["labb"], ["lab", "--prot", "9000"], ["test", "-k", "tokens"], [], *benches):
        done = commands(course, *wrong)
        assert done.returncode == 2
        assert done.stderr.startswith("usage: python -m course_utils")


def test_doctor_works_before_the_environment_exists(course):
    done = run(course, "-S", "-m", "course_utils", "doctor")
    assert done.returncode == 1
    assert "Fault: The course's environment is not made yet.\n Mend: python -m course_utils lab" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_one_list_of_packages_is_pinned_to_what_is_tested():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert len(environment.pins()) == len(wanted) - 1 and wanted[-1] == "-e ."


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
    needed = "Python {}.{} to {}.{}".format(*environment.OLDEST, *environment.NEWEST)
    assert needed in (ROOT / "course_utils" / "__init__.py").read_text(encoding="utf-8")
    assert needed in environment.unsupported((3, 10, 13))[0]


def test_an_old_python_names_one_that_fits(monkeypatch):
    monkeypatch.setattr(environment, "VENV", Path(sys.prefix))
    _, mend = environment.unsupported((3, 10, 13))
    assert mend.startswith("This computer has one that fits") and str(environment.python_of(Path(sys.prefix))) in mend


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
    what, mend = environment.unsupported(**computer)
    assert says in what and mend


@pytest.mark.parametrize("system, arch", [("Linux", "x86_64"), ("Darwin", "arm64"), ("Windows", "AMD64")])
@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 2)])
def test_supported_computers(system, arch, version):
    assert environment.unsupported(version, system, arch, 64) is None


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


PREPARE = "from course_utils import environment; print(environment.prepare().python)"


def prepare(course: Path, python: str = BASE_PYTHON, **variables: str) -> subprocess.CompletedProcess:
    return run(
        course, "-c", PREPARE, python=python, **NO_INDEX, PIP_FIND_LINKS=(course / "wheels").as_uri(), **variables
    )


def test_the_environment_is_made_once_repaired_and_shared(course):
    """One story, because each environment takes seconds: half-made, made, kept, interrupted, lent."""
    for name in ("coursedemo", "small_language_models_course", "coursemore"):
        write_wheel(course / "wheels", name)
    pins = "coursedemo==1.0\nsmall_language_models_course==1.0\n"
    (course / "requirements.txt").write_text(pins, encoding="utf-8")
    stamp = course / ".venv" / "course-stamp.txt"

    (course / ".venv" / "bin").mkdir(parents=True)  # somebody pulled the plug in the first second
    made = prepare(course)
    assert made.returncode == 0, made.stderr
    assert Path(made.stdout.strip()).is_relative_to(course / ".venv")
    assert stamp.exists() and "The environment is ready" in made.stderr

    before = time.monotonic()
    kept = prepare(course)
    assert kept.stderr == "" and kept.stdout == made.stdout
    assert time.monotonic() - before < 5

    [info] = (course / ".venv").glob("[lL]ib/**/coursedemo-1.0.dist-info")
    (info / "INSTALLER").unlink()  # pip was interrupted while it unpacked this package,
    (info.parent / "coursedemo.py").unlink()
    stamp.unlink()  # and so the stamp was never written
    repaired = prepare(course)
    assert "Completing" in repaired.stderr
    assert (info.parent / "coursedemo.py").exists() and stamp.exists()

    # Another course finds that environment active, and adds only what it lacks.
    other = course.parent / "other"
    shutil.copytree(course / "course_utils", other / "course_utils")
    shutil.copytree(course / "wheels", other / "wheels")
    (other / "requirements.txt").write_text(pins + "coursemore==1.0\n", encoding="utf-8")
    lent = prepare(other, python=made.stdout.strip())
    assert lent.returncode == 0, lent.stderr
    assert "lacks:\n  coursemore==1.0\n" in lent.stderr
    assert (info.parent / "coursemore.py").exists() and not (other / ".venv").exists()
    assert prepare(other, python=made.stdout.strip()).stderr == ""


def test_two_first_starts_at_once_do_not_destroy_each_others_work(course):
    write_wheel(course / "wheels", "coursedemo")
    (course / "requirements.txt").write_text("coursedemo==1.0\n", encoding="utf-8")
    settings = {**NO_INDEX, "PIP_FIND_LINKS": (course / "wheels").as_uri()}
    command = [BASE_PYTHON, "-c", PREPARE]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=course, env=shell(**settings), **options) as first:
        assert first.stderr.readline().startswith("Making the course's environment")
        second = commands(course, "test", "--json", **settings)
        assert second.returncode == 1 and "Another window is installing" in one_object(second)["error"]
        assert "The environment is ready" in first.stderr.read()


TAKE_LOCK = "import time\nfrom course_utils import environment as e\nwith e._alone(e.LOCK): print('mine', flush=True)"


def test_an_install_that_was_killed_does_not_lock_out_the_next(course):
    command = [BASE_PYTHON, "-c", TAKE_LOCK + "; time.sleep(100)"]
    pipes = {"stdout": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=course, env=shell(), **pipes) as killed:
        assert killed.stdout.readline() == "mine\n"
        assert "Another window" in run(course, "-c", TAKE_LOCK).stderr
        killed.kill()
    assert run(course, "-c", TAKE_LOCK).stdout == "mine\n"


def test_what_cannot_be_written_is_one_message(course):
    (course / ".venv.lock").mkdir()  # even the administrator, as whom containers run, cannot write to this
    done = commands(course, "test", "--json", **NO_INDEX)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert one_object(done)["error"] == done.stderr.strip()


def test_no_network_on_the_first_run(course):
    (course / "requirements.txt").write_text("coursedemo==1.0\n", encoding="utf-8")
    done = commands(course, "test", "--json", **NO_NETWORK)
    assert done.returncode == 1
    message = one_object(done)["error"]
    assert message.startswith("There is no connection to the package index") and message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (course / ".venv" / "course-stamp.txt").exists()


def test_a_full_disk_is_noticed_before_anything_is_made(tmp_path):
    with pytest.raises(installer.SetupError, match=r"needs 3\.0 GB, and .* has 0\.4 GB free"):
        environment.check_space(tmp_path, installer.SPACE, free=400_000_000)
    environment.check_space(tmp_path, installer.SPACE, free=installer.SPACE)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "became full",
        ),
        (
            "OSError: [Errno 2] No such file. HINT: ... not have Windows Long Path support enabled.",
            "too long",
        ),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self-signed", "PIP_CERT"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied",
            "cannot be written",
        ),
        ("NewConnectionError: Failed to establish a new connection: [Errno -2]", "no connection"),
        ("ERROR: Could not find a version that satisfies torch==2.13.0 (from versions: none)", "no package"),
    ],
)
def test_what_pip_says_becomes_one_clear_message(line, says):
    assert says in installer.explain(["Collecting torch==2.13.0", line])


def test_a_warning_that_was_overcome_does_not_hide_the_error():
    warning = "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError(read timed out)'"
    hashes = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
    full = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    nothing = "ERROR: Could not find a version that satisfies the requirement torch==2.13.0 (from versions: none)"
    assert installer.explain([warning, hashes]) is None
    assert "became full" in installer.explain([warning, full])
    assert "no connection" in installer.explain([warning, nothing])
    assert "no connection" in installer.explain([warning])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals that Python can open")
@pytest.mark.parametrize("columns", [40, 80, 0])
def test_the_clock_stays_on_one_line_of_the_terminal(monkeypatch, columns):
    import termios

    screen, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, columns))
    with open(terminal, "w", encoding="utf-8") as stderr, open(screen, "rb", buffering=0) as shown:
        monkeypatch.setattr(sys, "stderr", stderr)
        threads = threading.active_count()
        with installer._Progress() as progress:
            progress.show("Downloading https://example.org/" + "long" * 30 + "-1.0-py3-none-any.whl (1.5 MB)")
            time.sleep(0.7)
        assert threading.active_count() == threads  # nobody is left to write on the cleared line
        print("END", end="", file=stderr, flush=True)
        text = b""
        while not text.endswith(b"END"):
            text += shown.read(10_000)
        lines = text.decode().split("\r")
        assert any("  Downloading longlong" in line for line in lines)
        assert max(map(len, lines)) == (columns or 80) - 1
        assert lines[-2:] == [" " * ((columns or 80) - 1), "END"]


def add_installed(prefix: Path, name: str, version: str) -> None:
    """What pip leaves of a package in an environment, less the package."""
    info = prefix / "lib" / "python3.11" / "site-packages" / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (info / "INSTALLER").write_text("pip\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("version", "fetches"), [(None, True), ("0.0.1+cpu", True), (environment.pins()["torch"] + "+cpu", False)]
)
def test_pytorchs_index_is_asked_when_pytorch_is_missing_or_another_version(tmp_path, version, fetches):
    if version:
        add_installed(tmp_path, "torch", version)
    assert environment._fetches_torch(environment.Place(Path(sys.executable), tmp_path, own=True)) == fetches


def test_a_stamp_belongs_to_one_list_one_python_and_one_folder():
    stamps = {
        environment.stamp_text(requirements, version, Path(folder))
        for requirements in (b"torch==2.13.0", b"torch==2.14.0")
        for version in ("3.11.7", "3.12.1")
        for folder in ("course", "moved")
    }
    assert len(stamps) == 8


class Index(BaseHTTPRequestHandler):
    """Stands where PyTorch's CPU index would: `/here` has it, `/slow` takes too long, all else is missing."""

    def do_GET(self):
        if self.path.startswith("/slow"):
            time.sleep(3)
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
def test_pytorch_comes_without_cuda_where_its_index_answers_in_time(server):
    assert installer.torch_index(server + "/here", 2) == ["--extra-index-url", server + "/here"]
    assert installer.torch_index(server + "/gone", 2) == []
    before = time.monotonic()
    assert installer.torch_index(server + "/slow", 0.5) == []
    assert time.monotonic() - before < 1.5


# -- the commands in an environment that has everything --------------------------------------------


@pytest.fixture
def installed_course(course: Path) -> Path:
    """A copy whose commands run in the environment of these tests, and can install nothing into it."""
    if any(environment.differences(environment.Place(Path(sys.executable), Path(sys.prefix), own=False))):
        pytest.skip("this environment does not have the versions of requirements.txt")
    return course


def test_test_counts_and_hands_over_arguments_and_exit_status(installed_course):
    tests = installed_course / "tests"
    tests.mkdir()
    code = "import pytest\ndef test_a(): pass\ndef test_b(): pass\ndef test_c(): assert 0\n"
    (tests / "test_few.py").write_text(code + "def test_d(): pytest.skip('no')\n", encoding="utf-8")
    done = commands(installed_course, "test", "--json", "--", "tests", python=sys.executable, **NO_INDEX)
    counts = one_object(done)
    assert counts.pop("seconds") > 0
    assert counts == {"passed": 2, "failed": 1, "skipped": 1}
    assert done.returncode == 1
    few = commands(installed_course, "test", "--", "tests", "-k", "test_a or test_b", python=sys.executable, **NO_INDEX)
    assert few.returncode == 0 and few.stdout.splitlines()[-1].strip("= ").startswith("2 passed, 2 deselected")


def test_train_hands_over_arguments_output_and_exit_status(installed_course):
    pico = installed_course / "course_utils" / "pico"
    pico.mkdir()
    code = "import json\ndef main(arguments):\n    print(json.dumps({'got': arguments}))\n    return 7\n"
    (pico / "train.py").write_text(code, encoding="utf-8")
    arguments = ["--evaluate", "pico-mini", "--samples", "300", "--seed", "7", "--json"]
    done = commands(installed_course, "train", *arguments, python=sys.executable, **NO_INDEX)
    assert done.returncode == 7 and one_object(done) == {"got": arguments}


def test_bench_hands_over_its_options_output_and_exit_status(installed_course):
    pico = installed_course / "course_utils" / "pico"
    pico.mkdir()
    code = "import json\ndef main(arguments):\n    print(json.dumps({'got': arguments}))\n    return 7\n"
    (pico / "bench.py").write_text(code, encoding="utf-8")
    done = commands(installed_course, "bench", "train", python=sys.executable, **NO_INDEX)
    assert done.returncode == 7 and one_object(done) == {"got": []}
    arguments = ["bench", "train", "--json", "--seconds", "2.5"]
    done = commands(installed_course, *arguments, python=sys.executable, **NO_INDEX)
    assert done.returncode == 7 and one_object(done) == {"got": ["--seconds", "2.5", "--json"]}


def test_lab_serves_this_folder_with_a_token_and_without_the_news_question(installed_course):
    notebook = installed_course / "notebooks" / "00_start_here.ipynb"
    notebook.parent.mkdir()
    notebook.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', encoding="utf-8")
    command = [sys.executable, "-m", "course_utils", "lab", "--no-browser", "--json"]
    started = time.monotonic()
    lab = subprocess.Popen(
        command,
        cwd=installed_course,
        env=shell(**NO_INDEX),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = json.loads(lab.stdout.readline())
        assert time.monotonic() - started < 30
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
        with pytest.raises(installer.SetupError, match=f"Port {port} cannot be used"):
            _free_port(port)
        visitor = socket.create_connection(("127.0.0.1", port))
        server.accept()[0].close()  # the server's side closes first, and so waits for late packets
        assert visitor.recv(1) == b""
        visitor.close()
    assert _free_port(port) == port


# -- doctor and what it looks at -------------------------------------------------------------------


def test_doctor_on_this_computer(server):
    secret = "hf_this-value-stays-secret"
    arguments = ["-m", "course_utils", "doctor", "--json"]
    done = run(ROOT, *arguments, python=sys.executable, HF_TOKEN=secret, OLLAMA_HOST=server)
    found = one_object(done)
    assert done.returncode == (0 if found["ok"] else 1) and found["ok"] == (not found["faults"])
    assert found["python"]["version"] == platform.python_version()
    assert found["memory"]["total"] > 10**9 and found["disk"]["free"] > 0 and found["cores"] >= 1
    assert found["packages"].keys() == environment.pins().keys()
    assert found["packages"]["pytest"]["installed"] == pytest.__version__
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
    assert "(tested: 0.0.1)" in fault["what"] and fault["mend"].endswith("-m pip install -r requirements.txt")
    assert done.returncode == 1


def test_doctor_names_an_environment_whose_python_is_gone(course):
    python = environment.python_of(course / ".venv")
    python.parent.mkdir(parents=True)
    if os.name != "nt":
        python.symlink_to(course / "removed" / "python3.11")
    for name, version in environment.pins().items():
        add_installed(course / ".venv", name, version)
    [fault, *_] = one_object(commands(course, "doctor", "--json"))["faults"]
    assert "does not start" in fault["what"] and str(python) in fault["what"]
    assert fault["mend"] == "python -m course_utils lab"


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
        ("[::1", "http://[::1"),
        ("http://[x", "http://[x"),
        ("http://me:s3cret@classroom:99", "http://classroom:99"),
        ("http://me:s3cret@classroom:often", "http://classroom:often"),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(monkeypatch, host, address):
    monkeypatch.setenv("OLLAMA_HOST", host)
    assert machine.ollama_address() == address
    if address.endswith(("often", "[::1", "[x")):
        assert not machine.ollama()["reachable"]


CGROUPS = {
    "version 2": {
        "proc/self/cgroup": "0::/docker/course\n",
        "sys/fs/cgroup/docker/course/memory.max": "max\n",
        "sys/fs/cgroup/docker/memory.max": "2147483648\n",
        "sys/fs/cgroup/docker/course/memory.stat": "anon 5\ninactive_file 1000\n",
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
