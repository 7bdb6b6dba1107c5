"""A recognisable key wherever one goes, and every error that can quote it: it is in nothing that anybody could see."""

import base64
import json
import os
import re
import subprocess
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import psutil
import pytest

from course_utils import ROOT, CourseError, load, server
from course_utils.models import providers
from course_utils.setup import machine

SECRET = "canary7Xq" + "Zr5" * 9  # no pattern of a real service: only the variables' values can give it away
KEYED = {row.key_env for row in providers.providers() if row.key_env}
PLACES = {row.base_url_env for row in providers.providers() if row.base_url_env}


class Unkind(BaseHTTPRequestHandler):
    """A service that refuses in every way, and quotes all that it was sent, the key too."""

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status = int(re.search(r"/(\d{3})/", self.path + "/401/")[1])
        said = f"wrong key: {self.headers.get('Authorization')}, {self.path}"
        body = json.dumps({"error": {"message": said, "type": "x", "code": "x", "param": None}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def unkind():
    with ThreadingHTTPServer(("127.0.0.1", 0), Unkind) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{found.server_port}"
        found.shutdown()


def clean(*texts: str) -> bool:
    """Whether the key is in none of these, neither as it is nor in the encodings in which it travels."""
    core = SECRET[:18]  # a text that was cut may hold a part
    forms = [
        core,
        base64.b64encode(SECRET.encode()).decode()[:20],
        base64.b64encode(f"me:{SECRET}".encode()).decode()[8:24],
    ]
    return not [form for form in forms for text in texts if form in text]


def test_the_search_finds_what_it_looks_for():
    assert clean("nothing") and not clean(f"x{SECRET}") and not clean(SECRET[:20])
    assert not clean("Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode())


ADDRESSES = [
    "http://{host}/{status}/v1",
    "http://me:{secret}@{host}/{status}/v1",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("status", [401, 402, 403, 404, 410, 429, 500])
def test_no_refusal_shows_the_key(unkind, address, status):
    base_url = address.format(host=unkind, status=status, secret=SECRET)
    model = load("one", runtime="cloud", base_url=base_url, key=SECRET)
    shown = [repr(model), str(model), str({name: value for name, value in vars(model).items() if name[0] != "_"})]
    for call in (model.models, lambda: model.chat("Hello!")):
        with pytest.raises(CourseError) as caught:
            call()
        shown += [str(caught.value), repr(caught.value), "".join(traceback.format_exception(caught.value))]
        shown += caught.value._render_traceback_()
    assert str(status) in shown[3] and clean(*shown)


@pytest.mark.parametrize(
    "address",
    [
        "http://me:{secret}@127.0.0.1:9/v1",
        "http://me:{secret}@host:port/v1",
        "ftp://me:{secret}@127.0.0.1/v1",
        "http://me:{secret}@far.example/v1",
        "https://me:{secret}@[::1/v1",
        "me:{secret}@127.0.0.1",
    ],
)
def test_no_address_that_is_wrong_shows_the_key(address):
    with pytest.raises(CourseError) as caught:
        load("one", runtime="cloud", base_url=address.format(secret=SECRET), key=SECRET).chat("Hello!")
    assert clean(str(caught.value), repr(caught.value), "".join(traceback.format_exception(caught.value)))


@pytest.mark.parametrize("kind", ["refused", "wrong"])
def test_no_error_of_ollama_shows_the_password_of_its_address(unkind, kind):
    host = {"refused": f"http://me:{SECRET}@127.0.0.1:9", "wrong": f"http://me:{SECRET}@{unkind}/401/"}[kind]
    with pytest.raises(CourseError) as caught:
        load("one", runtime="ollama", host=host).chat("Hello!")
    assert clean(str(caught.value), repr(caught.value)) and clean(*caught.value._render_traceback_())


def keyed(unkind: str, folder: Path) -> dict[str, str]:
    """The environment of a learner with a key everywhere, whose world is a proxy that nobody answers at."""
    dead = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), f"http://me:{SECRET}@127.0.0.1:9")
    own = {
        "NIM_BASE_URL": f"http://me:{SECRET}@{unkind}/401/v1",
        "AZURE_OPENAI_ENDPOINT": "https://room.openai.azure.com",
    }
    own |= {"AZURE_OPENAI_DEPLOYMENT": "mine", "OLLAMA_HOST": f"http://me:{SECRET}@127.0.0.1:9"}
    own |= {"OPENAI_API_KEY": SECRET, "COURSE_KEY": SECRET, "COURSE_PROGRESS": str(folder / "progress.json")}
    own |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return os.environ | dead | own | dict.fromkeys(KEYED, SECRET)


def test_every_variable_of_the_table_is_tried(unkind, tmp_path):
    assert KEYED | PLACES <= keyed(unkind, tmp_path).keys() and len(KEYED) >= 4


def test_a_run_of_the_cloud_notebook_keeps_the_keys_to_itself(unkind, tmp_path):
    """Notebook 03 as it is, saved with its outputs; and then the cells that a learner should not have written."""
    nbclient = pytest.importorskip("nbclient")
    file = ROOT / "notebooks" / "03_cloud_apis.ipynb"
    notebook = nbformat.read(file, as_version=4)
    wanted = (
        "endpoint = server.start(",
        "question = {",
        "stranger = ",
        "def visit(",
        "providers.leaks(",
        "if row.missing()",
    )
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = [cell for cell in code if any(words in cell.source for words in wanted)]
    assert len(notebook.cells) >= len(wanted)
    picture = "picture = 'a.png'"  # the last cell asks about one that an earlier cell draws
    slips = ["model", "providers.providers()", "endpoint", "%tb", "raise SystemExit", "load('x', runtime='ollama')"]
    slips = [picture, *slips, "load('any', runtime='cloud', base_url=os.environ['NIM_BASE_URL']).chat('Hello!')"]
    notebook.cells = [*notebook.cells[:-1], nbformat.v4.new_code_cell(picture), notebook.cells[-1]]
    notebook.cells += [nbformat.v4.new_code_cell(text) for text in slips]
    for cell in notebook.cells:
        cell.metadata["tags"] = ["raises-exception"]
    before = {name: os.environ.get(name) for name in keyed(unkind, tmp_path)}
    os.environ.update(keyed(unkind, tmp_path))
    try:
        nbclient.NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
        ).execute()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    nbformat.write(notebook, tmp_path / "saved.ipynb")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    told = texts["saved.ipynb"]
    assert f"401: {unkind} does not accept the key" in told and "(your key)" in told, "the keys were used"
    assert {"saved.ipynb", "progress.json"} <= texts.keys()
    assert [name for name, text in texts.items() if not clean(text)] == []


def test_the_commands_keep_the_keys_to_themselves(unkind, tmp_path):
    python, environment = [sys.executable, "-m", "course_utils"], keyed(unkind, tmp_path)
    for arguments in (
        ["doctor", "--json", "--online"],
        ["doctor"],
        ["certificate", "--out", str(tmp_path / "mine.html")],
    ):
        done = subprocess.run(
            [*python, *arguments], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=300
        )
        assert "Traceback" not in done.stderr and clean(done.stdout, done.stderr), arguments
    assert clean(*(path.read_text(encoding="utf-8") for path in tmp_path.iterdir()))
    code = "import sys; from course_utils.server.command import main; sys.exit(main(sys.argv[1:]))"
    with subprocess.Popen(
        [sys.executable, "-c", code, "--json"], env=environment, cwd=ROOT, stdout=subprocess.PIPE
    ) as one:
        told = one.stdout.readline().decode()
        lists = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
        one.terminate()
        assert clean(told, one.communicate(timeout=60)[0].decode(), *lists)


def test_nothing_that_python_prints_of_an_endpoint_or_the_machine_shows_a_key(monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", f"http://me:{SECRET}@127.0.0.1:9")
    with server.start(key=SECRET) as endpoint:
        assert clean(repr(endpoint), str(vars(endpoint)).replace(SECRET, "", 1))  # `key` is where a learner reads it
    assert clean(json.dumps(machine.ollama()), repr(providers.providers()))


HUB = """
import sys, traceback
from course_utils.models import hub
from course_utils.phi.catalog import Download, File
try:
    hub.fetch("demo", "onnx", Download("a/b", "0" * 40, (File("config.json"),), 10, 10, "MIT"))
except hub.NotFetched as error:
    print(error, repr(error))
    traceback.print_exc()
"""


def test_the_hubs_token_is_neither_sent_nor_shown(unkind, tmp_path):
    ours = {"COURSE_CACHE": str(tmp_path), "HF_HOME": str(tmp_path), "COURSE_DOWNLOAD": "yes", "HF_HUB_OFFLINE": "0"}
    ours |= {"HF_ENDPOINT": f"http://{unkind}/401", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    environment = keyed(unkind, tmp_path) | ours | {"HUGGING_FACE_HUB_TOKEN": SECRET}
    done = subprocess.run(
        [sys.executable, "-c", HUB], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0 and "the download stopped" in done.stdout and clean(done.stdout, done.stderr)
