"""The real Phi through `load`, from a hub on this machine that serves pico-mini's own files under Phi's name.

Every case runs the code as a learner does, in a process of its own. In the end a model answers: the
downloaded one, or pico-mini after one line that says why.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hub_server import LARGE, Hub
from jupyter_client.manager import start_new_kernel

from course_utils import ROOT
from course_utils.phi.catalog import MODELS
from course_utils.pico import folder
from course_utils.pico.export import onnx_folder

# A learner's two lines, after telling the catalogue which files the hub of the test has.
LEARNER = """
import json, sys
from dataclasses import replace
from course_utils.phi import catalog
order = json.loads(sys.argv[1])
if "most" in order:  # bytes of a file: a write beyond them fails, as on a full disk
    import resource
    most = order.pop("most")
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
files = tuple(catalog.File(*file) for file in order.pop("files"))
runtime, loads = order.pop("runtime"), order.pop("loads")
model = replace(catalog.MODELS["phi-3.5-mini"][runtime], files=files, **order)
catalog.MODELS["phi-3.5-mini"][runtime] = model
from course_utils import load
for _ in range(loads):
    model = load("phi-3.5-mini", runtime=runtime)
    reply = model.chat("Hello!", max_new_tokens=8)
    print(json.dumps({"name": model.name, "text": reply.text}))
"""


@dataclass
class Outcome:
    """What the process printed: the models that answered, and the other lines."""

    names: list[str]
    texts: list[str]
    lines: list[str]

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def fallbacks(self) -> list[str]:
        return [line for line in self.lines if line.startswith("pico-mini answers instead of phi-3.5-mini: ")]


class Learner:
    """Runs LEARNER against a hub, with a cache of its own in which pico-mini's ONNX form is built already."""

    def __init__(self, hub: Hub, runtime: str, cache: Path):
        self.hub, self.runtime, self.cache = hub, runtime, cache

    @property
    def folder(self) -> Path:
        return next((self.cache / "models").glob(f"phi-3.5-mini-{self.runtime}-*"))

    def environment(self, **more: str) -> dict[str, str]:
        removed = ("COURSE_DOWNLOAD", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_PROGRESS_BARS")
        kept = {key: value for key, value in os.environ.items() if key not in removed}
        ours = {
            "COURSE_CACHE": str(self.cache),
            "HF_ENDPOINT": self.hub.endpoint,
            "HF_HOME": str(self.cache / "hf"),
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
        }
        return kept | ours | more

    def order(self, loads: int = 1, pinned: bool = True, **changes) -> str:
        prefix = MODELS["phi-3.5-mini"][self.runtime].folder
        files = []
        for path, content in self.hub.files.items():
            digest = hashlib.sha256(content).hexdigest() if pinned and len(content) > LARGE else None
            files.append([path.removeprefix(prefix + "/"), len(content) if digest else None, digest])
        size = sum(len(content) for content in self.hub.files.values())
        order = {"files": files, "runtime": self.runtime, "loads": loads, "size": size, "memory": 10**8}
        return json.dumps(order | {"dtype": "float32"} | changes)

    def run(self, answer: str | None = "yes", **order) -> Outcome:
        more = {"COURSE_DOWNLOAD": answer} if answer else {}
        command = [sys.executable, "-c", LEARNER, self.order(**order)]
        done = subprocess.run(
            command, env=self.environment(**more), stdin=subprocess.DEVNULL, capture_output=True, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return outcome(done.stdout.decode("utf-8"))


def outcome(output: str) -> Outcome:
    lines = output.splitlines()
    answers = [json.loads(line) for line in lines if line.startswith('{"name"')]
    other = [line for line in lines if not line.startswith('{"name"')]
    return Outcome([each["name"] for each in answers], [each["text"] for each in answers], other)


@pytest.fixture(scope="module")
def built() -> Path:
    return onnx_folder("pico-mini", progress=False)


@pytest.fixture
def learner(request, tmp_path, built):
    """A learner with the runtime "onnx", or the one in the test's `parametrize(..., indirect=True)`."""
    runtime = getattr(request, "param", "onnx")
    model = MODELS["phi-3.5-mini"][runtime]
    source = built if runtime == "onnx" else folder("pico-mini")
    prefix = model.folder + "/" if model.folder else ""
    wanted = (".json", ".jinja", ".safetensors", ".onnx", ".data")
    files = {prefix + f.name: f.read_bytes() for f in sorted(source.iterdir()) if f.suffix in wanted}
    shutil.copytree(built, tmp_path / "onnx" / built.name)
    with Hub(model.repo, model.revision, files) as hub:
        yield Learner(hub, runtime, tmp_path)


def weights(learner: Learner) -> str:
    """The name of the largest file."""
    return max(learner.hub.files.items(), key=lambda item: len(item[1]))[0].split("/")[-1]


@pytest.mark.parametrize(
    ("learner", "pinned"),
    [("transformers", True), ("onnx", True), ("onnx", False)],
    indirect=["learner"],
)
def test_a_download_shows_its_cost_and_the_model_answers(learner, pinned):
    result = learner.run(loads=2, pinned=pinned)
    assert result.names == ["phi-3.5-mini", "phi-3.5-mini"] and result.texts[0] == result.texts[1] != ""
    shown = MODELS["phi-3.5-mini"][learner.runtime]
    for fact in (shown.repo, shown.revision[:12], "to download", "free disk", "memory needed", "MIT"):
        assert fact in result.output
    assert result.output.count("to download") == 1  # the second load asks nothing and fetches nothing
    assert learner.hub.gets(weights(learner)) == [None]
    assert not list(learner.folder.glob("*.part"))


def test_a_dropped_connection_is_resumed_within_the_same_call(learner):
    learner.hub.faults.drops[weights(learner)] = [300_000]
    result = learner.run()
    assert result.names == ["phi-3.5-mini"] and not result.fallbacks
    first, second = learner.hub.gets(weights(learner))
    assert first is None and 0 < resumed_at(second) <= 300_000


def test_what_came_before_a_lost_connection_is_kept_for_the_next_try(learner):
    learner.hub.faults.drops[weights(learner)] = [300_000] + [0] * 5  # then the library gives up
    result = learner.run()
    assert result.names == ["pico-mini"] and len(result.fallbacks) == 1
    assert "the download stopped" in result.fallbacks[0] and "what came is kept" in result.fallbacks[0]
    kept = (learner.folder / (weights(learner) + ".part")).stat().st_size
    assert 0 < kept <= 300_000

    learner.hub.log.clear()
    assert learner.run().names == ["phi-3.5-mini"]
    assert [resumed_at(span) for span in learner.hub.gets(weights(learner))] == [kept]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl+C to one process alone")
def test_what_came_before_ctrl_c_is_kept_for_the_next_try(learner):
    learner.hub.faults.stalls[weights(learner)] = 300_000
    command = [sys.executable, "-c", LEARNER, learner.order()]
    environment = learner.environment(COURSE_DOWNLOAD="yes")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not kept_bytes(learner):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode != 0 and b"KeyboardInterrupt" in errors
    kept = kept_bytes(learner)
    assert 0 < kept <= 300_000

    learner.hub.faults.stalls.clear()
    learner.hub.log.clear()
    assert learner.run().names == ["phi-3.5-mini"]
    assert [resumed_at(span) for span in learner.hub.gets(weights(learner))] == [kept]


def kept_bytes(learner: Learner) -> int:
    parts = (learner.cache / "models").glob(f"*/{weights(learner)}.part")
    return sum(part.stat().st_size for part in parts)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the length of a file")
def test_a_disk_that_takes_no_more(learner):
    result = learner.run(most=400_000)
    assert result.names == ["pico-mini"] and len(result.fallbacks) == 1
    assert "free some space" in result.fallbacks[0] and "network" not in result.output


def resumed_at(span: str | None) -> int:
    return int(span.removeprefix("bytes=").split("-")[0]) if span else 0


def test_a_missing_file(learner):
    learner.hub.faults.missing.add("tokenizer_config.json")
    result = learner.run()
    assert result.names == ["pico-mini"] and result.texts != [""]
    assert len(result.fallbacks) == 1 and "tokenizer_config.json" in result.fallbacks[0]


@pytest.mark.parametrize("pinned", [True, False])
def test_a_corrupted_file_is_deleted_and_a_second_try_works(learner, pinned):
    learner.hub.faults.corrupted.add(weights(learner))
    result = learner.run(pinned=pinned)
    assert result.names == ["pico-mini"] and len(result.fallbacks) == 1
    assert f"the file {weights(learner)} came damaged" in result.fallbacks[0]
    assert not [file for file in learner.folder.iterdir() if file.name.startswith(weights(learner) + ".part")]

    learner.hub.faults.corrupted.clear()
    assert learner.run(pinned=pinned).names == ["phi-3.5-mini"]


def test_a_small_corrupted_file_is_noticed_too(learner):
    learner.hub.faults.corrupted.add("genai_config.json")
    result = learner.run()
    assert result.names == ["pico-mini"] and "the file genai_config.json came damaged" in result.fallbacks[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"size": 10**18}, "of disk and"), ({"memory": 10**18}, "of memory and")],
)
def test_a_machine_that_is_too_small_is_not_asked(learner, changes, words):
    result = learner.run(**changes)
    assert result.names == ["pico-mini"] and len(result.fallbacks) == 1
    assert "it needs 1,000,000,00" in result.fallbacks[0] and words in result.fallbacks[0]
    assert learner.hub.log == []


@pytest.mark.parametrize("answer", ["no", None])
def test_nothing_is_fetched_without_a_yes(learner, answer):
    result = learner.run(answer=answer)  # None: nobody is there to be asked
    assert result.names == ["pico-mini"] and len(result.lines) == len(result.fallbacks) == 1
    assert "nobody agreed" in result.fallbacks[0] and "COURSE_DOWNLOAD=yes" in result.fallbacks[0]
    assert learner.hub.log == []


def test_no_network(learner):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, but nobody listens
        learner.hub.endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        result = learner.run()
    assert result.names == ["pico-mini"] and len(result.fallbacks) == 1
    assert "the download stopped" in result.fallbacks[0]


def test_a_folder_that_cannot_hold_the_files(learner):
    (learner.cache / "models").write_text("a file where the folder should be", encoding="utf-8")
    result = learner.run()
    assert result.names == ["pico-mini"] and len(result.fallbacks) == 1
    assert "the files cannot be kept in" in result.fallbacks[0] and "set COURSE_CACHE" in result.fallbacks[0]
    assert "network" not in result.output


@pytest.mark.parametrize(
    ("learner", "file"), [("onnx", "model.onnx"), ("transformers", "config.json")], indirect=["learner"]
)
def test_a_model_that_cannot_be_loaded(learner, file):
    path = next(path for path in learner.hub.files if path.endswith(file))
    learner.hub.files[path] = b"this is not a model"
    result = learner.run(pinned=False)
    assert result.names == ["pico-mini"] and len(result.fallbacks) == 1
    assert "it could not be loaded (" in result.fallbacks[0]
    assert f"delete {learner.folder}" in result.fallbacks[0]
    assert len(result.fallbacks[0].replace(str(learner.folder), "")) < 300


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals in Python")
@pytest.mark.parametrize(("typed", "name"), [("yes", "phi-3.5-mini"), ("no", "pico-mini")])
def test_the_question_in_a_terminal(learner, typed, name):
    import pty
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (40, 120))
    shown = bytearray()
    command = [sys.executable, "-c", LEARNER, learner.order()]
    process = subprocess.Popen(command, env=learner.environment(), stdin=theirs, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    os.write(ours, typed.encode() + b"\n")
    screen = threading.Thread(target=lambda: shown.extend(read_all(ours)))
    screen.start()
    output, _ = process.communicate(timeout=120)
    screen.join(timeout=10)
    terminal = shown.decode("utf-8", "replace")
    os.close(ours)
    text = output.decode("utf-8").replace("Type yes or no: ", "Type yes or no:\n")
    assert outcome(text).names == [name] and "Download it now?" in text and "licence" in text
    bar = weights(learner) in terminal and "100%" in terminal  # the library's progress bar
    assert bar == (typed == "yes")


def read_all(terminal: int) -> bytes:
    blocks = b""
    while True:
        try:
            block = os.read(terminal, 10_000)
        except OSError:  # Linux: the other end is closed
            block = b""
        if not block:
            return blocks
        blocks += block


@pytest.mark.parametrize(("typed", "name"), [("yes", "phi-3.5-mini"), ("no", "pico-mini"), (None, "pico-mini")])
def test_the_question_in_a_notebook(learner, typed, name):
    """None: a notebook that a program runs, where nobody can be asked."""
    manager, client = start_new_kernel(kernel_name="python3", env=learner.environment())
    questions, printed, bars = [], [], []

    def type_it(message: dict) -> None:
        questions.append(message["content"]["prompt"])
        client.input(typed)

    def see(message: dict) -> None:
        content = message["content"]
        if message["msg_type"] == "stream" and content["name"] == "stdout":
            printed.append(content["text"])
        if message["msg_type"] == "display_data":
            bars.append(content["data"]["text/plain"])

    code = f"import sys\nsys.argv = ['', {learner.order()!r}]\n" + LEARNER
    try:
        done = client.execute_interactive(
            code, allow_stdin=typed is not None, stdin_hook=type_it, output_hook=see, timeout=120
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert done["content"]["status"] == "ok", done["content"]
    result = outcome("".join(printed))
    assert result.names == [name] and "licence        MIT" in result.output
    assert len(questions) == (typed is not None) and all("yes or no" in text for text in questions)
    assert any(weights(learner) in bar for bar in bars) == (typed == "yes")
    assert len(result.fallbacks) == (typed != "yes")
