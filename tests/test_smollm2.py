"""SmolLM2 from the package index to each engine: fetched with checks, built, the same in each; and MiniLM."""

import contextlib
import errno
import hashlib
import json
import math
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import numpy
import pytest

from course_utils import ROOT, load
from course_utils.models import onnx_model, smollm2
from course_utils.setup import doctor, environment, fetching, minilm
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
        with contextlib.suppress(ConnectionError):  # who fetches may have given up
            self.wfile.write(content[: self.server.most])

    def log_message(self, *_):
        pass


@dataclass
class Case:
    """A package that is fetched: its module, what calls it for a learner, its data, and the files that are kept."""

    module: ModuleType
    prepare: Callable[[], None]
    files: dict[str, dict]
    name: str
    goes_on: str
    needs: str

    def kept(self) -> dict[str, bytes]:
        """What lies in its folder now."""
        return {path.name: path.read_bytes() for path in self.module.place().iterdir()}


CASES = {
    "smollm2": Case(
        package,
        smollm2.prepare,
        {package.DATA["file"]: package.DATA["gguf"]},
        "SmolLM2",
        "The course goes on with pico-mini.",
        "1.0 GB",
    ),
    "minilm": Case(
        minilm,
        minilm.prepare,
        minilm.DATA["files"],
        "MiniLM",
        "Searching by meaning waits for it.",
        "0.3 GB",
    ),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


@pytest.fixture
def index(case, tmp_path, monkeypatch):
    """A small package in the place of the real one, on a server of its own; pip finds nothing anywhere."""
    held = {name: os.urandom(300_000) for name in case.files}
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as wheel:
        for name, content in held.items():
            wheel.writestr(name, content)
        wheel.writestr("other/__init__.py", "raise SystemExit")
    content = (tmp_path / "x.whl").read_bytes()
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        server.content, server.most, server.starts = content, len(content), []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        data = {"url": f"http://127.0.0.1:{server.server_port}/x.whl", "wheel": record(content)}
        files = {name: record(content) for name, content in held.items()}
        data |= {"gguf": files[case.module.DATA["file"]]} if "gguf" in case.module.DATA else {"files": files}
        monkeypatch.setattr(case.module, "DATA", case.module.DATA | data)
        monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("COURSE_SMOLLM2", raising=False)
        (tmp_path / "nothing").mkdir()
        for name, value in {
            "NO_INDEX": "1",
            "FIND_LINKS": str(tmp_path / "nothing"),
            "CONFIG_FILE": os.devnull,
        }.items():
            monkeypatch.setenv(f"PIP_{name}", value)
        server.held = {Path(name).name: content for name, content in held.items()}
        yield server
        server.shutdown()


def record(content):
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_it_is_fetched_checked_and_the_package_thrown_away(case, index, capsys):
    case.module.fetch()
    assert case.kept() == index.held
    words, data = capsys.readouterr().err, case.module.DATA
    assert words.startswith(f"Fetching {data['name']} by {data['made_by']}: ") and words.endswith("100 %\n")
    assert f"licence Apache-2.0, from the package {data['package']} on pypi.org" in words
    index.shutdown()
    case.module.fetch()  # nothing is fetched twice
    assert len(index.starts) == 1


def test_a_kept_file_that_was_cut_is_fetched_again(case, index):
    case.module.fetch()
    name = max(case.kept(), key=lambda name: len(case.kept()[name]))
    (case.module.place() / name).write_bytes(index.held[name][:1000])
    case.module.fetch()
    assert case.kept() == index.held and len(index.starts) == 2


def test_an_interrupted_download_goes_on_where_it_stopped(case, index):
    index.most = 200_000
    with pytest.raises(package.NotFetched, match="what came is kept, and the same command goes on from there"):
        case.module.fetch()
    index.most = 10**9
    case.module.fetch()
    assert case.kept() == index.held
    assert index.starts == [0, 200_000]


def test_another_package_than_ours_is_deleted_and_said(case, index, capsys):
    index.content = bytes(len(index.content))
    case.prepare()
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"{case.name} is not here: package.whl came damaged (wrong checksum) and was deleted; start the same command "
        f"again. {case.goes_on}"
    )
    assert case.kept() == {}


def test_one_file_that_is_another_leaves_nothing_half_there(case, index, monkeypatch, capsys):
    """The package is the known one, but the last of its files is not: none gets its name."""
    name = list(case.files)[-1]
    wrong = {"gguf": record(b"")} if "gguf" in case.module.DATA else {}
    wrong = wrong or {"files": case.module.DATA["files"] | {name: record(b"")}}
    monkeypatch.setattr(case.module, "DATA", case.module.DATA | wrong)
    case.prepare()
    last = capsys.readouterr().err.splitlines()[-1]
    assert f"{Path(name).name}.part came damaged" in last and last.endswith(case.goes_on)
    assert not case.kept().keys() & index.held.keys() and not case.module.ready()


def test_without_a_network_pip_may_know_another_place(case, index, tmp_path, monkeypatch):
    data = case.module.DATA
    stem = f"{data['package'].replace('-', '_')}-{data['version']}"
    file = tmp_path / "nothing" / f"{stem}-py3-none-any.whl"
    file.write_bytes(index.content)
    index.shutdown()
    index.server_close()
    with zipfile.ZipFile(file, "a") as wheel:
        info = f"{stem}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {data['package']}\nVersion: {data['version']}\n"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setattr(case.module, "DATA", data | {"wheel": record(file.read_bytes())})
    case.module.fetch()
    assert case.kept() == index.held


def test_no_network_and_a_full_disk_are_one_line_each(case, index, monkeypatch, capsys):
    index.shutdown()
    index.server_close()
    case.prepare()
    assert case.goes_on in capsys.readouterr().err.splitlines()[-1]
    monkeypatch.setattr("course_utils.setup.machine.free_disk", lambda _: 10**8)
    case.prepare()
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{case.name} is not here: it needs {case.needs} of disk") and "0.1 GB free" in line


def test_a_disk_that_fills_on_the_way_is_one_line(case, index, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetching, "_copy", full)
    case.prepare()
    last = capsys.readouterr().err.splitlines()[-1]
    assert "cannot be kept in" in last and "No space left on device" in last and "COURSE_CACHE" in last


def test_who_does_without_it_hears_so_and_gets_pico(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_SMOLLM2", "0")
    smollm2.prepare()
    minilm.prepare()
    assert capsys.readouterr().err == "SmolLM2 is left out: pico-mini answers instead.\n"
    model = load()
    assert model.name == "pico-mini" and model.runtime == "onnx"
    assert capsys.readouterr().out == "pico-mini answers instead of smollm2: COURSE_SMOLLM2=0 leaves it out.\n"
    with pytest.raises(minilm.NotFetched, match="COURSE_SMOLLM2=0 leaves it out"):
        minilm.folder()
    lines = doctor.report(doctor.examine())
    assert [line.split()[0] for line in lines if "left out (COURSE_SMOLLM2=0)" in line] == ["SmolLM2", "MiniLM"]


def test_where_it_is_not_here_one_line_says_how_to_get_it(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("COURSE_SMOLLM2", raising=False)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    assert load("smollm2", runtime="transformers").name == "pico-mini"
    assert "`python -m course_utils lab` fetches it" in capsys.readouterr().out
    with pytest.raises(minilm.NotFetched, match=r"`python -m course_utils lab` fetches it \(84 MB, once\)"):
        minilm.folder()
    found = doctor.examine()
    assert not found["smollm2"]["ready"] and not found["minilm"]["ready"]


def test_what_is_built_is_built_anew_with_another_builder():
    assert package.DATA["builder"] == environment.pins()["onnxruntime-genai"]


def test_every_place_that_prepares_a_computer_prepares_it_too():
    for file, what in {".binder/postBuild": "MODELS", ".devcontainer/devcontainer.json": "prepare; prepare()"}.items():
        assert f"from course_utils.setup.environment import {what}" in (ROOT / file).read_text(encoding="utf-8")


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


# -- MiniLM ------------------------------------------------------------------------------------------


def embed(texts):
    """As notebooks do it: the mean over each text's tokens, at length 1."""
    try:
        folder = minilm.folder()
    except minilm.NotFetched as error:
        pytest.skip(str(error))
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder, dtype=torch.float32)
    batch = tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.no_grad():
        states = model(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1)
    return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1), batch


def test_minilm_puts_what_means_the_same_near_and_fillers_change_nothing():
    texts = ["The shower in room 12 is cold.", "There is no hot water in my bathroom.", "The museum opens at nine."]
    vectors, _ = embed(texts)
    assert vectors.shape == (3, 384)
    near = vectors @ vectors.T
    assert near[0, 1] > 0.3 > max(near[0, 2], near[1, 2])
    alone = [embed([text])[0][0] for text in texts]
    numpy.testing.assert_allclose(numpy.stack(alone), vectors, atol=1e-5)


def test_minilm_gives_the_numbers_of_its_cards_example():
    """The two sentences there, and the first numbers that its code gave for them on these files (November 2026)."""
    vectors, _ = embed(["This is an example sentence", "Each sentence is converted"])
    expected = [[0.0677, 0.0635, 0.0487, 0.0793, 0.0374], [0.0864, 0.1028, 0.0054, 0.0020, -0.0100]]
    numpy.testing.assert_allclose(vectors[:, :5], expected, atol=2e-4)


def test_minilm_reads_256_word_pieces_and_no_more():
    _, batch = embed(["word " * 400])
    assert batch["input_ids"].shape == (1, 256)


def test_minilm_takes_a_hundred_megabytes_and_is_what_its_record_says():
    try:
        folder = minilm.folder()
    except minilm.NotFetched as error:
        pytest.skip(str(error))
    kept = {file.name: file.stat().st_size for file in folder.iterdir()}
    assert kept == {Path(name).name: known["size"] for name, known in minilm.DATA["files"].items()}
    assert sum(kept.values()) <= 100e6
    facts = {name: fact["value"] for name, fact in minilm.DATA["facts"].items()}
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shape = (facts["dimensions"], facts["layers"], facts["vocabulary"])
    assert shape == (config["hidden_size"], config["num_hidden_layers"], config["vocab_size"])
    head = (folder / "model.safetensors").read_bytes()[:100_000]
    tensors = json.loads(head[8 : 8 + int.from_bytes(head[:8], "little")])
    floats = [tensor["shape"] for tensor in tensors.values() if tensor.get("dtype") == "F32"]
    assert sum(map(math.prod, floats)) == facts["parameters"]
    assert facts["licence"] == minilm.DATA["licence"]
