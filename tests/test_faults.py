"""What goes wrong around the course, tried for real: it goes on, or says in a line what happened and what to do.

    fault                                        tested in
    no network at all                            here (JupyterLab, every notebook's first cell), test_hub, test_smollm2
    a proxy with a certificate of its own        here (pip, the fetched models, the hub, a cloud model), test_commands
    proxy variables that would catch localhost   here (JupyterLab, first cells), test_runtimes_cloud (all clients)
    a disk full while a cache is built           here (ONNX, SmolLM2), test_hub, test_gguf, test_commands, test_smollm2
    a cache half-written or damaged              here, test_runtimes (a killed builder), test_hub (what came damaged)
    two kernels that build one cache             test_runtimes.test_two_processes_at_once
    a port that is taken                         here (serve, JupyterLab's own choice), test_commands, test_server_safe
    a kernel restarted in the middle of a stream here
    a progress file cut anywhere                 here, test_exercises_engine (other damage)
    a home folder, course or cache read-only     here, test_runtimes, test_exercises_engine (a file in the way)
    a notebook opened from another folder        here (every notebook's first cell), test_commands (a moved course)
    JupyterLab without our settings              here; with them: test_commands, test_browser
    a key in an output, log, error or file       test_no_key

Linux gives a process a network and a disk of its own (`unshare`), where the one who asks is its administrator.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hub_server import Hub
from jupyter_client.manager import start_new_kernel
from test_commands import write_wheel

from course_utils import ROOT, CourseError, load, server
from course_utils.base import SIZES, keep_sizes, whole
from course_utils.exercises import progress
from course_utils.models import smollm2
from course_utils.pico import folder
from course_utils.pico.export import onnx_folder
from course_utils.setup import environment, fetching, installer, minilm, programs

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
STORY = "Tell me a story about a red fox."

# -- a network and a disk of one's own ---------------------------------------------------------------

LOOPBACK = """
import fcntl, socket, struct
with socket.socket() as any_socket:  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING: a new network has not even 127.0.0.1
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x41))
"""


def can_be_apart() -> bool:
    return (
        bool(shutil.which("unshare")) and not subprocess.run(["unshare", "-mn", "true"], capture_output=True).returncode
    )


apart_only = pytest.mark.skipif(not can_be_apart(), reason="this needs Linux, and its administrator")


def apart(code: str, mounts: str = "", cwd: Path = ROOT, **variables: str) -> str:
    """What a program prints that has no network but 127.0.0.1, and proxies that are dead. `mounts`: shell commands that
    change its disk, and no other's."""
    clean = {name: value for name, value in os.environ.items() if name.casefold() not in ("no_proxy", "pythonpath")}
    command = ["unshare", "-mn", "sh", "-ec", f'{mounts}\nexec "$0" -c "$1"', sys.executable, LOOPBACK + code]
    proxies = dict.fromkeys(PROXIES, "http://127.0.0.1:9")
    done = subprocess.run(
        command, cwd=cwd, env=clean | proxies | variables, capture_output=True, encoding="utf-8", timeout=600
    )
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def read_only(*places: Path) -> str:
    """The shell commands after which nobody can write there, the administrator neither."""
    return "\n".join(f"mount --bind '{place}' '{place}'; mount -o remount,ro,bind '{place}'" for place in places)


LAB = """
import json, subprocess, sys, time, urllib.request
command = [sys.executable, "-m", "course_utils", "lab", "--no-browser", "--json", "--without", "smollm2"]
lab = subprocess.Popen(command, stdout=subprocess.PIPE)
found = json.loads(lab.stdout.readline())
web = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def ask(path, **how):
    headers = {"Authorization": "token " + found["token"]}
    return web.open(urllib.request.Request(f"http://127.0.0.1:{found['port']}{path}", headers=headers, **how)).read()
assert b"jupyter-config-data" in ask("/lab/tree/notebooks/00_start_here.ipynb")
kernel = json.loads(ask("/api/kernels", data=b"{}", method="POST"))
assert json.loads(ask(f"/api/kernels/{kernel['id']}"))["id"] == kernel["id"]
print("the lab is open")
lab.terminate()
lab.wait()
"""


@apart_only
def test_the_lab_starts_without_network_home_and_a_place_to_write(tmp_path):
    if environment.lacking(Path(sys.executable)):
        pytest.skip("this environment does not have the pinned versions")
    said = apart(LAB, read_only(ROOT, tmp_path), HOME=str(tmp_path), PYTHONPATH=str(ROOT))
    assert "the lab is open" in said and list(tmp_path.iterdir()) == []


FIRST_CELLS = """
import json, pathlib, site
site.addsitedir(".")  # with the line that the set-up leaves in the environment
for file in json.loads(NAMES):
    cells = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))["cells"]
    code = next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    exec(code, {"__name__": "__main__"})
    print("opened", pathlib.Path(file).name)
"""


@apart_only
def test_every_notebook_opens_from_another_folder_without_a_network(tmp_path):
    """Copies, far from the course: as learners who keep their own, or open one from their downloads."""
    (tmp_path / "course.pth").write_text(f"import sys; sys.path.append({ascii(str(ROOT))})\n", encoding="ascii")
    copies = [str(shutil.copy(path, tmp_path)) for path in NOTEBOOKS]
    code = f"NAMES = {json.dumps(copies)!r}\n" + FIRST_CELLS
    said = apart(code, cwd=tmp_path, COURSE_PROGRESS=str(tmp_path / "progress.json"), COURSE_SMOLLM2="0")
    assert [line for line in said.splitlines() if line.startswith("opened")] == [f"opened {p.name}" for p in NOTEBOOKS]


READ_ONLY = """
from course_utils import load
from course_utils.exercises import progress
from course_utils.pico.export import BuildFailed, onnx_folder
print(load("pico-mini").chat("What is 17 + 25?", temperature=0).text)
try:
    onnx_folder("pico-mini", "int8", progress=False)
except BuildFailed as error:
    print("said:", error)
progress.record("00.q1", True)
progress.record("00.q2", True)
"""


@apart_only
def test_what_is_built_answers_where_nobody_may_write(tmp_path):
    built = onnx_folder("pico-mini", progress=False)
    shutil.copytree(built, tmp_path / "cache" / "onnx" / built.name)
    (tmp_path / "home").mkdir()
    places = {
        "HOME": tmp_path / "home",
        "COURSE_CACHE": tmp_path / "cache",
        "COURSE_PROGRESS": tmp_path / "home" / "p.json",
    }
    said = apart(READ_ONLY, read_only(tmp_path, ROOT), PYTHONPATH=str(ROOT), **{k: str(v) for k, v in places.items()})
    assert "42" in said and "said: The ONNX form could not be kept in" in said and "set COURSE_CACHE" in said
    assert said.count("could not be written") == 1 and "Traceback" not in said


# -- disks that are full -----------------------------------------------------------------------------

FULL = """
import os, subprocess
from pathlib import Path
from course_utils.pico.export import BuildFailed, onnx_folder
place = Path(os.environ["COURSE_CACHE"])
try:
    onnx_folder("pico-mini", progress=False)
except BuildFailed as error:
    print("said:", error)
print("left:", sorted(path.name for path in place.rglob("*") if path.is_dir()))
subprocess.run(["mount", "-o", "remount,size=60m", str(place)], check=True)
print("built:", onnx_folder("pico-mini", progress=False).name)
"""


@apart_only
def test_a_disk_that_fills_while_a_model_is_built(tmp_path):
    mount = f"mount -t tmpfs -o size=3m tmpfs '{tmp_path}'"
    said = apart(FULL, mount, PYTHONPATH=str(ROOT), COURSE_CACHE=str(tmp_path))
    assert "said: The disk became full while the model was built in" in said and "set COURSE_CACHE" in said
    assert "left: ['onnx']" in said and "built: pico-mini-fp32-" in said, "nothing half-made, and the next try works"


WRITE_OUT_FULL = """
import os
from pathlib import Path
from course_utils.models import smollm2
from course_utils.pico.export import gguf_file
file = smollm2.package.gguf()
file.parent.mkdir()
gguf_file.write("pico-mini", file, "f32")  # in the place of SmolLM2's, whose 98 MB take half a minute
smollm2.package.DATA["gguf"]["size"] = file.stat().st_size
smollm2.prepare()
print("left:", [path.name for path in file.parent.iterdir()] == [file.name])
"""


@apart_only
def test_a_disk_that_fills_while_smollm2_is_written_out(tmp_path):
    mount = f"mount -t tmpfs -o size=11m tmpfs '{tmp_path}'"
    said = apart(WRITE_OUT_FULL, mount, PYTHONPATH=str(ROOT), COURSE_CACHE=str(tmp_path), COURSE_SMOLLM2="1")
    [line] = [line for line in said.splitlines() if line.startswith("SmolLM2 is not here")]
    assert "No space left on device" in line and line.endswith("The course goes on with pico-mini.")
    assert "left: True" in said and "Traceback" not in said


# -- caches that are damaged -------------------------------------------------------------------------


def cut(file: Path, part: float = 0.5) -> None:
    os.truncate(file, int(file.stat().st_size * part))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of its own, with pico-mini's ONNX form."""
    built = onnx_folder("pico-mini", progress=False)
    shutil.copytree(built, tmp_path / "onnx" / built.name)
    if not (tmp_path / "onnx" / built.name / SIZES).exists():  # built by an earlier course
        keep_sizes(tmp_path / "onnx" / built.name)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.delenv("COURSE_SMOLLM2", raising=False)
    return tmp_path


def test_a_form_that_was_cut_anywhere_is_noticed_and_built_anew(cache):
    form = onnx_folder("pico-mini", progress=False)
    assert form.parent == cache / "onnx" and whole(form)
    for file in sorted(form.iterdir()):
        content = file.read_bytes()
        for part in (0, 0.5, 0.99):
            cut(file, part)
            assert not whole(form), file.name
        if file.name != SIZES:
            file.unlink()
            assert not whole(form), file.name
        file.write_bytes(content)
    assert whole(form)
    cut(form / "model.onnx.data")
    assert "42" in load("pico-mini").chat("What is 17 + 25?", temperature=0).text
    assert [path for path in form.parent.iterdir() if path.is_dir()] == [form]


def test_what_has_its_length_and_is_no_model_is_said_with_the_folder(cache):
    form = onnx_folder("pico-mini", progress=False)
    (form / "tokenizer.json").write_bytes(bytes((form / "tokenizer.json").stat().st_size))
    with pytest.raises(CourseError, match="could not be loaded .* delete .* it is made anew") as caught:
        load("pico-mini")
    assert str(form) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
def test_pico_answers_where_smollm2_was_cut(cache, capsys, file):
    """pico-mini's own files in SmolLM2's place: what matters is that one of them is short, before and behind `load`."""
    place = shutil.copytree(folder("pico-mini"), smollm2.package.folder())
    cut(place / file)  # as a cache made before lengths were kept
    assert load("smollm2", runtime="transformers").name == "pico-mini"
    assert "could not be loaded (" in (said := capsys.readouterr().out) and str(place) in said
    shutil.copy(folder("pico-mini") / file, place / file)
    keep_sizes(place)
    cut(place / file)
    assert load("smollm2", runtime="transformers").name == "pico-mini"
    assert "`python -m course_utils lab` fetches it" in capsys.readouterr().out and not smollm2.package.ready()


def test_a_fetched_file_that_was_cut_is_not_taken_for_whole(cache):
    for name, known in minilm.DATA["files"].items():
        file = minilm.place() / Path(name).name
        file.parent.mkdir(exist_ok=True)
        with file.open("wb") as sparse:
            sparse.truncate(known["size"])
    assert minilm.ready()
    cut(minilm.place() / "model.safetensors")
    assert not minilm.ready()
    assert not fetching.here(minilm.place() / "none", None) and fetching.here(minilm.place() / "config.json", None)


# -- certificates that are not trusted ---------------------------------------------------------------


class Quiet(BaseHTTPRequestHandler):
    """Answers as OpenAI's list of models does, and as a package index with one package."""

    def do_GET(self):
        wheel = self.path.endswith(".whl")
        body = b'{"object": "list", "data": [{"id": "one", "object": "model", "created": 0, "owned_by": "x"}]}'
        if self.path.startswith("/simple"):
            body = b'<a href="/coursedemo-1.0-py3-none-any.whl">coursedemo-1.0-py3-none-any.whl</a>'
        body = self.server.wheel if wheel else body
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path.startswith("/simple") else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def secured(found: ThreadingHTTPServer, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    found.socket = context.wrap_socket(found.socket, server_side=True, do_handshake_on_connect=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate that signs itself, as the one of a school's proxy, with its secret in the same file."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl here to make a certificate with")
    file = tmp_path_factory.mktemp("tls") / "school.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(file), "-out", f"{file}.crt"]
    subprocess.run(command, check=True, capture_output=True)
    with file.open("ab") as both:
        both.write(Path(f"{file}.crt").read_bytes())
    return file


@pytest.fixture(scope="module")
def secure(certificate, tmp_path_factory):
    write_wheel(tmp_path_factory.getbasetemp() / "wheels", "coursedemo")
    [wheel] = (tmp_path_factory.getbasetemp() / "wheels").glob("*.whl")
    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as found:
        found.wheel = wheel.read_bytes()
        secured(found, certificate)
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"https://localhost:{found.server_port}"
        found.shutdown()


@pytest.fixture
def strict(monkeypatch):
    """No certificate is named, and pip does not try again and again."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"CONFIG_FILE": os.devnull, "RETRIES": "0", "NO_CACHE_DIR": "1"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    return monkeypatch


MEND = "set SSL_CERT_FILE and PIP_CERT to the file with the proxy's certificate"


def test_a_cloud_model_behind_a_proxy_with_its_own_certificate(secure, certificate, strict):
    def names() -> list[str]:
        return load("one", runtime="cloud", base_url=f"{secure}/v1", key="k").models()

    strict.setattr("course_utils.models.providers.HERE", ())  # as any other host: what the environment says counts
    with pytest.raises(CourseError, match=MEND) as caught:
        names()
    assert "Nothing answers" not in str(caught.value)
    strict.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    assert names() == ["one"]


def test_pip_behind_a_proxy_with_its_own_certificate(secure, certificate, strict, tmp_path):
    strict.setenv("PIP_INDEX_URL", f"{secure}/simple")
    strict.setenv("PIP_TARGET", str(tmp_path))
    with pytest.raises(CourseError, match=MEND):
        installer.pip_install(Path(sys.executable), ["coursedemo==1.0"])
    for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE"):  # SSL_CERT_FILE is read by pip from 24.2 on
        with strict.context() as one:
            one.setenv(name, f"{certificate}.crt")
            one.setenv("PIP_TARGET", str(tmp_path / name))
            installer.pip_install(Path(sys.executable), ["coursedemo==1.0"])
            assert (tmp_path / name / "coursedemo.py").exists(), name


def test_what_the_set_up_fetches_behind_a_proxy_with_its_own_certificate(secure, certificate, strict, tmp_path):
    data = {"name": "demo", "made_by": "us", "licence": "MIT", "package": "coursedemo", "version": "1.0", "space": 1}
    file = tmp_path / "whole.whl"
    strict.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    fetching._download(f"{secure}/x.whl", file, 1)
    known = {"size": file.stat().st_size, "sha256": fetching.hashlib.sha256(file.read_bytes()).hexdigest()}
    code = b"version = '1.0'\n"
    files = {"coursedemo.py": {"size": len(code), "sha256": fetching.hashlib.sha256(code).hexdigest()}}
    data |= {"url": f"{secure}/x.whl", "wheel": known}
    strict.setenv("PIP_INDEX_URL", f"{secure}/simple")
    strict.delenv("SSL_CERT_FILE")
    with pytest.raises(fetching.NotFetched, match=MEND):
        fetching.fetch(data, files, tmp_path / "none")
    for name in ("SSL_CERT_FILE", "PIP_CERT"):  # the second is known to pip alone
        with strict.context() as one:
            one.setenv(name, f"{certificate}.crt")
            fetching.fetch(data, files, tmp_path / name)
            assert (tmp_path / name / "coursedemo.py").read_bytes() == code, name


HUB = """
import os, sys
from pathlib import Path
from course_utils.models import hub
from course_utils.phi.catalog import Download, File
model = Download("a/b", "0" * 40, (File("config.json"),), 10, 10, "MIT", "", "float32")
try:
    print("came:", hub.fetch("demo", "onnx", model))
except hub.NotFetched as error:
    print("said:", error)
"""


def test_the_hub_behind_a_proxy_with_its_own_certificate(certificate, strict, tmp_path):
    with Hub("a/b", "0" * 40, {"config.json": b"{}"}) as found:
        secured(found._server, certificate)
        strict.setenv("HF_ENDPOINT", f"https://localhost:{found.port}")
        strict.delenv("HF_HUB_OFFLINE", raising=False)
        ours = {
            "COURSE_CACHE": str(tmp_path),
            "HF_HOME": str(tmp_path),
            "COURSE_DOWNLOAD": "yes",
            "NO_PROXY": "localhost",
        }
        said = []
        for more in ({}, {"SSL_CERT_FILE": f"{certificate}.crt"}):
            command = [sys.executable, "-c", HUB]
            done = subprocess.run(
                command, cwd=ROOT, env=os.environ | ours | more, capture_output=True, encoding="utf-8"
            )
            said.append(done.stdout.splitlines()[-1])
            assert done.returncode == 0, done.stderr
    assert said[0].startswith("said: the download stopped") and MEND in said[0] and said[1].startswith("came:")


# -- ports -------------------------------------------------------------------------------------------


STUBBORN = """
import signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
time.sleep(1)  # whoever waits for it has begun
print("here", flush=True)
time.sleep(600)
"""
WAITS = """
import sys
from pathlib import Path
from course_utils.setup import programs
print(programs.wait(programs.start(Path(sys.executable), ["-c", sys.argv[1]]), patience=0.5))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_jupyterlab_that_hangs_at_its_end_is_killed(number):
    with subprocess.Popen(
        [sys.executable, "-c", WAITS, STUBBORN], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as waits:
        assert waits.stdout.readline() == "here\n"
        waits.send_signal(number)
        assert waits.stdout.read() == f"{-signal.SIGKILL}\n"
    assert waits.returncode == 0


def test_a_taken_port_is_named_and_the_default_moves_on():
    for _ in range(20):  # another program may take the port in the same moment
        first = programs.free_port(None)
        with socket.socket() as taken, contextlib.suppress(OSError):
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name != "nt")
            taken.bind(("127.0.0.1", first))
            taken.listen()
            assert first != programs.free_port(None) in range(8888, 8988)
            break
    else:
        raise AssertionError("no port could be taken")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-c", "from course_utils.server.command import main; raise SystemExit(main())"]
        done = subprocess.run([*command, "--port", port], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in done.stderr and "Port 0 takes a free one" in done.stderr


# -- kernels -----------------------------------------------------------------------------------------

STREAM = f"""
import openai
from course_utils import load
model = load("pico-mini") if {{url!r}} is None else load("pico-mini", runtime="cloud", base_url={{url!r}})
for chunk in model.stream({STORY!r}, temperature=2.0, max_new_tokens={{most}}):
    print(chunk.text, end="", flush=True)
"""


@pytest.mark.parametrize("where", ["practice endpoint", "local"])
def test_a_kernel_that_is_restarted_in_the_middle_of_a_stream(where):
    """The endpoint is another program's, as in a classroom: it notices, and frees the row for the next client."""
    endpoint = server.start() if where != "local" else None
    manager, client = start_new_kernel(kernel_name="python3", env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        cell = STREAM.replace("{url!r}", repr(endpoint and endpoint.openai_url))
        client.execute("while True:\n  " + cell.replace("{most}", "900").strip().replace("\n", "\n  "))
        while client.get_iopub_msg(timeout=120)["msg_type"] != "stream":
            pass
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=120)
        printed = []
        done = client.execute_interactive(
            cell.replace("{most}", "8"),
            timeout=120,
            output_hook=lambda m: printed.append(m["content"].get("text", "")) if m["msg_type"] == "stream" else None,
        )
        assert done["content"]["status"] == "ok", done["content"]
        assert "".join(printed).strip()
        if endpoint:
            engine, ends = endpoint._server.config.app.state.engine, time.monotonic() + 60
            while engine.askers() and time.monotonic() < ends:
                time.sleep(0.05)
            assert not engine.askers()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        if endpoint:
            endpoint.stop()


# -- progress ----------------------------------------------------------------------------------------


def test_a_progress_file_cut_at_any_byte_is_kept_aside_and_the_course_goes_on(tmp_path, monkeypatch, capsys):
    file = tmp_path / "progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(file))
    progress.record("04.q1", True)
    progress.measured("03-request", 42, "tokens", guess=40)
    content = file.read_bytes()
    for length in range(len(content)):
        file.write_bytes(content[:length])
        progress.record("05.q1", False)
        assert capsys.readouterr().out.count("\n") == 1, length
        assert progress.load() == {"05.q1": {"tries": 1, "misses": 1, "right": False}}
        assert (tmp_path / "progress.json.bak").read_bytes() == content[:length]


# -- JupyterLab without our settings -----------------------------------------------------------------

PLAIN_LAB = """
import json, os, re, subprocess, sys, time, urllib.request
os.environ["JUPYTER_TOKEN"], os.environ["JUPYTER_NO_CONFIG"] = "practice", "1"  # no other settings either
command = ["-m", "jupyterlab", "--no-browser", "--ServerApp.port=8890", "--ServerApp.port_retries=0", "--allow-root"]
lab = subprocess.Popen([sys.executable, *command], stderr=subprocess.DEVNULL)
web = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for _ in range(600):
    try:
        page = web.open("http://127.0.0.1:8890/lab?token=practice").read().decode()
        break
    except OSError:
        time.sleep(0.1)
settings = json.loads(re.search('jupyter-config-data" type="application/json">(.*?)</script>', page, re.S)[1])
has = [row["name"] for row in settings["federated_extensions"]]
print(json.dumps({"off": settings["disabledExtensions"], "has": has}))
lab.terminate()
lab.wait()
"""


@apart_only
def test_a_jupyterlab_without_our_settings_has_the_widgets_and_asks_about_news(tmp_path):
    """What is lost is comfort: it asks once about news, and a saved notebook keeps no picture of its widgets."""
    said = apart(PLAIN_LAB, cwd=tmp_path, HOME=str(tmp_path))
    found = json.loads(next(line for line in said.splitlines() if line.startswith('{"off"')))
    assert not any("announcements" in str(name) for name in found["off"]), found
    assert {"@jupyter-widgets/jupyterlab-manager", "ipycanvas"} <= set(found["has"])
