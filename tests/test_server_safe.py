"""The practice endpoint keeps to itself: who may ask, what clients may leave behind, and when it ends."""

import asyncio
import gc
import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress

import httpx2
import ollama
import openai
import psutil
import pytest

from course_utils import ROOT, CourseError, server
from course_utils.pico.export import gguf_file, onnx_folder
from course_utils.server import store
from course_utils.server.problem import Problem
from course_utils.server.store import Store

SUM = {"model": "pico-mini", "messages": [{"role": "user", "content": "What is 17 + 25?"}]}
KEY = "very-secret"


@pytest.fixture(scope="module")
def endpoint():
    with server.start() as running:
        yield running


@pytest.fixture(scope="module")
def web(endpoint):
    with httpx2.Client(base_url=endpoint.url, timeout=60) as web:
        yield web


@pytest.fixture(scope="module")
def locked():
    """A server with a key."""
    with server.start(key=KEY) as running:
        yield running


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    return gguf_file.write("pico-mini", tmp_path_factory.mktemp("gguf") / "mine.gguf", precision="q8_0")


def state(endpoint):
    return endpoint._server.config.app.state


def until(what, seconds: float = 20):
    """Wait for a thing to be so."""
    ends = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < ends, "it did not come to pass"
        time.sleep(0.02)
    return found


# --- who may ask ----------------------------------------------------------------------------------------------

FOREIGN = ["https://evil.example", "http://127.0.0.1.evil.example", "http://localhost.evil.example:8000", "null", ""]
FOREIGN += ["http://evil.example/localhost", "https://localhost@evil.example", "http://[::1", "localhost"]
FOREIGN += ["chrome-extension://abc", "http://192.168.1.5", "http://localhost:80.evil.example"]
# AllowedOrigins in envconfig/config.go of ollama/ollama, but for [::1], which is this computer as well
OURS = [
    "http://localhost",
    "http://localhost:3000",
    "https://localhost:8443",
    "http://127.0.0.1:8888",
    "http://[::1]:9",
]
OURS += ["http://0.0.0.0:8000", "app://obsidian.md", "file://", "tauri://localhost", "vscode-webview://0abc"]


@pytest.mark.parametrize("origin", FOREIGN)
def test_web_pages_cannot_reach_it(endpoint, web, origin):
    """What a browser sends for any page without asking first: a GET, and a POST of plain text, "simple" requests."""
    headers = {"Origin": origin, "Content-Type": "text/plain"}
    before = web.get("/api/tags").json(), web.get("/api/ps").json()
    persona = {"model": "mine", "from": "pico-mini", "system": "Answer in Finnish."}
    answers = [
        web.post("/api/create", content=json.dumps(persona), headers=headers),
        web.post("/api/copy", content=b'{"source": "pico-mini", "destination": "copy"}', headers=headers),
        web.post("/api/blobs/sha256:" + hashlib.sha256(b"x").hexdigest(), content=b"x", headers=headers),
        web.post("/v1/chat/completions", content=json.dumps(SUM), headers=headers),
        web.request("DELETE", "/api/delete", content=b'{"model": "pico-mini"}', headers=headers),
        *(web.get(path, headers=headers) for path in ("/", "/api/tags", "/v1/models", "/nowhere")),
        web.options("/api/create", headers=headers | {"Access-Control-Request-Method": "POST"}),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert "Origin" in answers[0].json()["error"] and answers[3].json()["error"]["code"] == "forbidden_origin"
    assert not any("access-control-allow-origin" in answer.headers for answer in answers)
    assert before == (web.get("/api/tags").json(), web.get("/api/ps").json())
    assert list(state(endpoint).store.folder.iterdir()) == []


@pytest.mark.parametrize("origin", OURS)
def test_pages_of_this_computer_may_ask(locked, origin):
    """A preflight carries no key. 204: gin-contrib/cors, handlePreflight in config.go, which ollama/ollama uses."""
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-stainless-os"}
    with httpx2.Client(base_url=locked.url, headers={"Origin": origin}) as page:
        preflight = page.options("/v1/chat/completions", headers=asks)
        assert preflight.status_code == 204 and preflight.content == b""
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert {"authorization", "x-stainless-os"} <= set(
            preflight.headers["access-control-allow-headers"].lower().split(", ")
        )
        without, with_key = page.get("/api/tags"), page.get("/api/tags", headers={"Authorization": f"Bearer {KEY}"})
        assert (without.status_code, with_key.status_code) == (401, 200)
        for answer in (preflight, without, with_key):  # so that the page can read why
            assert answer.headers["access-control-allow-origin"] == origin and "Origin" in answer.headers["vary"]


def test_who_is_no_page_needs_no_origin(web):
    answer = web.get("/api/tags")
    assert answer.status_code == 200 and "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "127.0.0.1@x", "a b", ""]
)
def test_a_name_that_was_pointed_here_is_refused(web, host):
    assert web.get("/v1/models", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "LOCALHOST:1234", "[::1]:80"])
def test_this_computer_has_several_names(web, host):
    assert web.get("/v1/models", headers={"Host": host}).status_code == 200


def test_other_computers_need_a_key():
    with pytest.raises(CourseError, match="Give it a key"):
        server.start(host="0.0.0.0")
    with server.start(host="0.0.0.0", key="k") as endpoint:
        assert endpoint.url == f"http://127.0.0.1:{endpoint.port}"
        assert httpx2.get(endpoint.url + "/api/tags").status_code == 401


def test_ports_and_hosts(endpoint):
    for wrong in (endpoint.port, 99_999, -1):
        with pytest.raises(CourseError, match=f"Port {wrong} on 127.0.0.1 .* Port 0 takes a free one"):
            server.start(port=wrong)
    with pytest.raises(CourseError, match="cannot be used"):
        server.start(host="no.such.name.invalid", key="k")


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_ipv6(monkeypatch):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with server.start(host="::1") as endpoint:
        assert endpoint.url == f"http://[::1]:{endpoint.port}"
        assert httpx2.get(endpoint.openai_url + "/models").status_code == 200
        assert ollama.Client(host=endpoint.url).list().models


# server/routes.go of ollama/ollama, GenerateRoutes: these three answer HEAD
@pytest.mark.parametrize("path", ["/", "/api/version", "/api/tags"])
def test_head_is_get_without_a_body(web, path):
    head, get = web.head(path), web.get(path)
    assert (
        head.status_code == 200 and head.content == b"" and head.headers["content-type"] == get.headers["content-type"]
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("POST", "/v1/completions", 404, "Use /v1/chat/completions: client.chat.completions.create"),
        ("POST", "/v1/responses", 404, "Use /v1/chat/completions: client.chat.completions.create"),
        ("POST", "/api/nothing", 404, "Use /api/chat"),
        ("GET", "/v1/chat/completions", 405, "Use POST"),
        ("GET", "/api/chat", 405, "Use POST"),
    ],
)
def test_what_is_not_spoken_here(web, method, path, status, words):
    answer = web.request(method, path, json={} if method == "POST" else None)
    error = answer.json()["error"]
    assert answer.status_code == status and words in (error["message"] if path.startswith("/v1") else error)
    assert status == 404 or answer.headers["allow"] == "POST"


# --- the key --------------------------------------------------------------------------------------------------


def test_a_key_is_asked_for_and_never_shown(locked):
    for key in ("wrong", KEY[:-1], KEY + "2"):
        with pytest.raises(openai.AuthenticationError) as caught:
            openai.OpenAI(base_url=locked.openai_url, api_key=key, max_retries=0).models.list()
        assert KEY not in str(caught.value.body) and caught.value.code == "invalid_api_key"
    assert openai.OpenAI(base_url=locked.openai_url, api_key=KEY).models.list().data
    assert httpx2.post(locked.url + "/api/chat", json=SUM).status_code == 401
    assert httpx2.get(locked.url).text == "Ollama is running"
    app = locked._server.config.app
    things = [locked, app, app.user_middleware, app.state, app.state.store, locked._server, locked._server.config]
    assert not any(KEY in repr(thing) for thing in things)


def command(*arguments: str, **variables: str) -> subprocess.Popen:
    """`serve` as a program of its own."""
    code = "import sys; from course_utils.server.command import main; sys.exit(main(sys.argv[1:]))"
    environment = os.environ | {"PYTHONPATH": str(ROOT), **variables}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8", "env": environment}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, **pipes)


def test_a_key_is_in_no_list_of_processes_and_no_log():
    process = command("--json", COURSE_KEY=KEY)
    try:
        told = json.loads(process.stdout.readline())
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        assert not any(KEY in part for one in family for part in one.cmdline())
        for key, status in ((KEY, 200), ("wrong", 401)):
            answer = httpx2.get(told["openai_url"] + "/models", headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == status
    finally:
        process.terminate()
    out, errors = process.communicate(timeout=60)
    assert KEY not in json.dumps(told) + out + errors
    assert os.name == "nt" or process.returncode == 0  # Windows ends a process without asking it


def test_a_key_on_the_command_line_is_refused_and_one_is_made():
    refused = command("--key", KEY)
    assert refused.wait(timeout=60) == 2
    process = command("--key", "--json", COURSE_KEY="")
    try:
        told = json.loads(process.stdout.readline())
        assert len(told["key"]) >= 32 and httpx2.get(told["url"] + "/api/tags").status_code == 401
        headers = {"Authorization": f"Bearer {told['key']}"}
        assert httpx2.get(told["url"] + "/api/tags", headers=headers).status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_the_help_of_the_command_needs_nothing_installed():
    code = "from course_utils.server.command import main; main(['--help'])"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0 and "--simulate NAME=VALUE" in done.stdout, done.stderr


# --- what clients bring ---------------------------------------------------------------------------------------


@pytest.fixture
def own():
    """A store of its own, with the folder of a living server."""
    own = Store()
    own.open()
    yield own
    own.close()


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def put(own, content: bytes) -> None:
    async def parts():
        yield content

    asyncio.run(own.put_blob(digest_of(content), parts()))


def test_an_upload_goes_to_disk_as_it_comes(own):
    piece, seen = bytes(2**20), []

    async def parts():
        for _ in range(4):
            yield piece
            seen.append(sum(file.stat().st_size for file in own.folder.iterdir()))

    digest = digest_of(piece * 4)
    asyncio.run(own.put_blob(digest, parts()))
    assert seen == [n * len(piece) for n in (1, 2, 3, 4)] and own.blob(digest).stat().st_size == 4 * len(piece)


@pytest.mark.parametrize(
    ("sent", "digest", "status"),
    [(b"abc", digest_of(b"abd"), 400), (b"abc", "sha256:zz", 400), (bytes(2000), digest_of(bytes(2000)), 413)],
)
def test_a_bad_upload_leaves_nothing(own, monkeypatch, sent, digest, status):
    async def parts():
        for place in range(0, len(sent), 500):
            yield sent[place : place + 500]

    monkeypatch.setattr(store, "LARGEST_BLOB", 1000)
    with pytest.raises(Problem) as caught:
        asyncio.run(own.put_blob(digest, parts()))
    assert caught.value.status == status and list(own.folder.iterdir()) == []


def test_an_upload_that_breaks_off_leaves_nothing(endpoint):
    folder = state(endpoint).store.folder
    head = f"POST /api/blobs/{digest_of(b'x')} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", endpoint.port)) as connection:
        connection.sendall(head.encode() + bytes(1000))
        until(lambda: [file for file in folder.iterdir() if file.stat().st_size == 1000] or list(folder.glob("*.part")))
    until(lambda: not list(folder.iterdir()))


def test_not_too_many_uploads_at_once(own, monkeypatch):
    monkeypatch.setattr(store, "UPLOADS", 1)

    async def parts():
        with pytest.raises(Problem) as caught:
            await own.put_blob(digest_of(b"b"), None)
        assert caught.value.status == 503 and caught.value.headers == {"Retry-After": "1"}
        yield b"a"

    asyncio.run(own.put_blob(digest_of(b"a"), parts()))
    assert own.blob(digest_of(b"a")).is_file()


def test_what_no_model_uses_makes_room_and_the_oldest_first(own, monkeypatch):
    monkeypatch.setattr(store, "MOST_BLOBS", 14)
    for age, content in ((20, b"second"), (30, b"first")):
        put(own, content)
        os.utime(own.blob(digest_of(content)), (time.time() - age,) * 2)
    put(own, b"thirds")
    there = [own.blob(digest_of(content)).is_file() for content in (b"first", b"second", b"thirds")]
    assert there == [False, True, True]
    put(own, b"thirds")  # takes no more room
    assert own.blob(digest_of(b"second")).is_file()


def test_what_no_model_uses_goes_after_a_while(own):
    put(own, b"forgotten")
    long_ago = time.time() - store.UNUSED - 1
    os.utime(own.blob(digest_of(b"forgotten")), (long_ago, long_ago))
    put(own, b"new")
    assert [folder.name for folder in own.folder.iterdir()] == [digest_of(b"new").removeprefix("sha256:")]


def test_what_a_model_uses_stays_until_its_last_model_goes(own, gguf, monkeypatch):
    content = gguf.read_bytes()
    put(own, content)
    own.create("mine", digest_of(content), "", "", {})
    own.create("again", own.get("mine"), "", "", {})
    monkeypatch.setattr(store, "MOST_BLOBS", len(content) + 2)
    long_ago = time.time() - store.UNUSED - 1
    os.utime(own.blob(digest_of(content)), (long_ago, long_ago))
    with pytest.raises(Problem, match="more than") as caught:
        put(own, b"one more")
    assert caught.value.status == 507
    own.delete("mine")
    assert own.blob(digest_of(content)).is_file()
    own.delete("again")
    assert list(own.folder.iterdir()) == []  # the checkpoint has gone as well
    put(own, b"one more")


def changed(content: bytes, sizes: dict[str, int]) -> bytes:
    """A good GGUF file whose header says other sizes."""
    for name, value in sizes.items():
        key = gguf_file.SIZES[name][0].encode() + struct.pack("<I", 4)
        place = content.index(key) + len(key)
        content = content[:place] + struct.pack("<I", value) + content[place + 4 :]
    return content


LONG = {"max_position_embeddings": 131_072}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        *((dict(**{name: most + 1}), f"{name} is {most + 1}") for name, (_, most) in gguf_file.SIZES.items()),
        (dict(hidden_size=2**32 - 1), "hidden_size is 4294967295"),
        (dict(num_attention_heads=0), "num_attention_heads is 0"),
        (dict(**LONG, vocab_size=2_049), "with 2,049 numbers each"),  # the scores of all tokens
        (dict(**LONG, intermediate_size=2_048), "with 4,096 numbers each"),  # gate and up
        (dict(**LONG, num_hidden_layers=8), "with 3,072 numbers each"),  # keys and values
        (dict(**LONG, hidden_size=3_000), "with 24,000 numbers each"),
        (dict(num_hidden_layers=128), "is missing"),
        (dict(vocab_size=100_000), "is not what the course writes"),
    ],
    ids=str,
)
def test_a_header_cannot_ask_for_more_than_there_is(own, gguf, change, words):
    """Harmless files of 2 MB: each is refused at once, and nothing of the size that it names is made."""
    content = changed(gguf.read_bytes(), change)
    put(own, content)
    before = psutil.Process().memory_info().rss
    with pytest.raises(Problem, match=words) as caught:
        own.create("bad", digest_of(content), "", "", {})
    assert caught.value.status == 400 and psutil.Process().memory_info().rss - before < 300e6
    assert "bad" not in own.entries and not own.blob(digest_of(content)).with_name("checkpoint").exists()


def test_a_long_context_with_small_sizes_is_taken(own, gguf):
    content = changed(gguf.read_bytes(), LONG)
    put(own, content)
    own.create("long", digest_of(content), "", "", {})
    assert own.get("long").facts["config"]["max_position_embeddings"] == 131_072
    own.delete("long")


# --- what is built, and when it ends --------------------------------------------------------------------------


def upload(endpoint, file, name: str) -> ollama.Client:
    client = ollama.Client(host=endpoint.url)
    client.create(name, files={"x.gguf": client.create_blob(file)})
    return client


def ask(endpoint, model: str) -> socket.socket:
    """A client that has asked and waits."""
    body = json.dumps(SUM | {"model": model}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    connection = socket.create_connection(("127.0.0.1", endpoint.port))
    connection.sendall(head.encode() + body)
    return connection


def builders() -> list[psutil.Process]:
    """The running builders of this process."""
    found = psutil.Process().children(recursive=True)
    return [one for one in found if "onnxruntime_genai.models.builder" in one.cmdline()]


def test_a_builder_ends_with_the_last_client_that_waits(endpoint, gguf):
    client, base = upload(endpoint, gguf, "mine"), None
    try:
        base = state(endpoint).store.get("mine").base
        waiting = state(endpoint).store._waiting[base]
        first, second = ask(endpoint, "mine"), ask(endpoint, "mine")
        until(lambda: len(waiting) == 2)
        (builder,) = until(builders)
        first.close()
        time.sleep(1.5)  # twice as long as it takes to see that
        assert builder.is_running() and builder.status() != psutil.STATUS_ZOMBIE
        second.close()
        until(lambda: not waiting)
        until(lambda: not builder.is_running())
        # it has left nothing but its lock
        until(lambda: sorted(n for n in os.listdir(base) if not n.endswith(".lock")) == ["blob", "checkpoint"])
    finally:
        client.delete("mine")
    assert not os.path.exists(base)


def test_a_model_that_is_deleted_while_it_is_loaded(endpoint, web, gguf, monkeypatch):
    upload(endpoint, gguf, "mine")
    own = state(endpoint).store
    base, opened, kept = own.get("mine").base, store.Loaded, []

    def open_late(folder):
        loaded = opened(folder)
        kept.append(weakref.ref(loaded))
        own.delete("mine")
        return loaded

    monkeypatch.setattr(store, "Loaded", open_late)
    mine = web.post("/v1/chat/completions", json=SUM | {"model": "mine"})  # it was there when this was asked
    assert mine.status_code in (200, 400) and base not in own._memory and not os.path.exists(base)
    web.post("/v1/chat/completions", json=SUM)  # the engine has something else in its hands
    until(lambda: gc.collect() is not None and kept[0]() is None)


ENDLESS = ("timeit", "-n", "1", "-r", "1", "import os, time; print(os.getpid()); time.sleep(600)")
PARENT = """
import pathlib, sys
from course_utils.pico.export.builder import run_module
run_module({command}, pathlib.Path(sys.argv[1]), False, limit=60)
"""


def test_a_builder_ends_with_its_parent_however_that_ends(tmp_path):
    code = PARENT.format(command=ENDLESS)
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], env=os.environ | {"PYTHONPATH": str(ROOT)})
    log = tmp_path / "log.txt"
    builder = psutil.Process(int(until(lambda: log.exists() and log.read_text().strip())))
    assert builder.is_running()
    parent.kill()
    parent.wait()
    until(lambda: not builder.is_running() or builder.status() == psutil.STATUS_ZOMBIE)


def served(*arguments: str, **variables: str):
    """A server in a program of its own, and what it says of itself."""
    process = command("--json", *arguments, **variables)
    return process, json.loads(process.stdout.readline())


def folders(cache) -> set[str]:
    """What the servers of a cache have for what clients bring."""
    return {path.name for path in (cache / "server").iterdir() if path.is_dir()}


def test_sigterm_ends_everything(gguf, tmp_path):
    """A long answer, vectors of a long list, a build and an upload are under way."""
    with suppress(OSError):  # Windows does not always let us, and builds it then
        (tmp_path / "onnx").symlink_to(onnx_folder("pico-mini", progress=False).parent, target_is_directory=True)
    process, told = served(COURSE_CACHE=str(tmp_path))
    url, begun = told["url"], []
    story = {"model": "pico-mini", "prompt": "Tell me a story.", "options": {"num_predict": 10**6, "temperature": 2}}

    def client(kind: str):
        with httpx2.Client(base_url=url, timeout=60) as web:
            while kind == "stream":  # one after the other, until the server is gone
                with web.stream("POST", "/api/generate", json=story) as lines:
                    for _ in lines.iter_lines():
                        begun.append(kind)
            if kind == "embed":
                begun.append(kind)
                web.post("/api/embed", json={"model": "pico-mini", "input": ["The fox sleeps. " * 200] * 3000})
            elif kind == "upload":

                def slowly():
                    for _ in range(600):
                        begun.append(kind)
                        yield b"x"
                        time.sleep(0.1)

                web.post(f"/api/blobs/{digest_of(b'x')}", content=slowly())
            elif kind == "build":
                ours = ollama.Client(host=url)
                ours.create("mine", files={"x.gguf": ours.create_blob(gguf)})
                ours.chat("mine", messages=SUM["messages"])

    def quietly(kind: str):
        with suppress(Exception):  # each is broken off in its own way
            client(kind)

    threads = [threading.Thread(target=quietly, args=(kind,)) for kind in ("stream", "upload", "build", "embed")]
    here = psutil.Process(process.pid)
    for thread in threads[:3]:
        thread.start()
    until(lambda: here.children() and {"stream", "upload"} <= set(begun), 120)
    threads[3].start()
    until(lambda: "embed" in begun)
    family = here.children(recursive=True)
    began = time.monotonic()
    process.terminate()
    process.communicate(timeout=60)
    seconds = time.monotonic() - began
    for thread in threads:
        thread.join(timeout=10)
    assert seconds < 3
    assert psutil.wait_procs(family, timeout=3)[1] == []
    assert os.name == "nt" or (process.returncode == 0 and folders(tmp_path) == set())


def test_what_a_killed_server_left_goes_and_what_a_living_one_has_stays(tmp_path, monkeypatch):
    (killed, told), (living, _) = served(COURSE_CACHE=str(tmp_path)), served(COURSE_CACHE=str(tmp_path))
    try:
        assert httpx2.post(f"{told['url']}/api/blobs/{digest_of(b'x')}", content=b"x").status_code == 201
        (place,) = (tmp_path / "server").glob("*/*/blob")
        killed.kill()
        killed.communicate(timeout=60)
        assert place.is_file() and len(folders(tmp_path)) == 2
        monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
        before = folders(tmp_path) - {place.parent.parent.name}
        with server.start() as fresh, server.start() as another:
            own = {state(one).store.folder.name for one in (fresh, another)}
            assert folders(tmp_path) == before | own
        assert folders(tmp_path) == before
        assert len(list((tmp_path / "server").glob("*.lock"))) == 1
    finally:
        for process in (killed, living):
            process.terminate()
            process.communicate(timeout=60)


def test_a_server_takes_its_files_with_it():
    with server.start() as endpoint:
        folder = state(endpoint).store.folder
        assert httpx2.post(f"{endpoint.url}/api/blobs/{digest_of(b'abc')}", content=b"abc").status_code == 201
        assert len(list(folder.iterdir())) == 1
    assert not folder.exists()


# --- the others are answered meanwhile ------------------------------------------------------------------------


def test_a_long_text_makes_nobody_wait(endpoint, web):
    """15 MB, which is refused or cut: 0.2 s at most, besides what anything takes on this machine just now."""
    body = json.dumps({**SUM, "messages": [{"role": "user", "content": "fox jumps " * 1_500_000}]}).encode()
    options = {"content": body, "timeout": 60}
    asking = threading.Thread(target=httpx2.post, args=(endpoint.openai_url + "/chat/completions",), kwargs=options)

    def wait() -> float:
        began = time.perf_counter()
        web.get("/api/version")
        return time.perf_counter() - began

    usual = max(wait() for _ in range(100))
    asking.start()
    waits = [wait()]
    while asking.is_alive():
        waits.append(wait())
    assert max(waits) < 0.2 + 2 * usual


def test_many_who_wait_for_one_model_leave_room_for_the_others(endpoint, web, monkeypatch):
    assert web.post("/v1/chat/completions", json=SUM).status_code == 200  # it is in memory now
    built, made = threading.Event(), store.export.onnx_folder

    def late(*arguments, **options):
        built.wait(timeout=60)
        return made(*arguments, **options)

    monkeypatch.setattr(store.export, "onnx_folder", late)
    state(endpoint).store.unload("pico-medium")
    crowd = [ask(endpoint, "pico-medium") for _ in range(60)]
    try:
        until(lambda: len(state(endpoint).store._waiting["pico-medium"]) == len(crowd))
        assert "42" in web.post("/v1/chat/completions", json=SUM).json()["choices"][0]["message"]["content"]
    finally:
        built.set()
        for connection in crowd:
            connection.close()


def test_a_precision_for_measuring(monkeypatch):
    with pytest.raises(CourseError, match="no precision 'int5'. There are: mixed, fp32, int8, int4"):
        server.start(precision="int5")
    asked, entry = [], store.Entry("smollm2", "smollm2")
    monkeypatch.setattr(store.smollm2, "form", asked.append)
    for precision in (None, "fp32"):
        Store(precision)._onnx(entry)
    assert asked == ["mixed", "fp32"]
