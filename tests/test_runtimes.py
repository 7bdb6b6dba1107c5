"""`load`, the two engines against their libraries' own calls, and the ONNX forms of the course's model."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import course_utils
from course_utils import ROOT, CourseError, cache_folder, load
from course_utils.models import UnknownModel, smollm2
from course_utils.models.chat import Message, UnknownOption, stop_set
from course_utils.models.onnx_model import genai
from course_utils.models.torch_model import TransformersModel
from course_utils.phi.catalog import MODELS
from course_utils.pico import export, folder
from tests import measure_forms

STORY = "Tell me a story about a red fox in the forest."


def python(code: str, **environment: str) -> subprocess.Popen:
    """A second Python in the course's folder, running `code`."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | environment
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_importing_the_course_loads_nothing_heavy():
    code = (
        "import sys, course_utils, course_utils.models.chat, course_utils.models, course_utils.models.hub\n"
        "from course_utils import load\n"
        "heavy = {'torch', 'transformers', 'onnxruntime_genai', 'onnx', 'numpy', 'huggingface_hub'}\n"
        "print(heavy & set(sys.modules))"
    )
    output, errors = python(code).communicate(timeout=60)
    assert output.strip() == "set()", errors
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = course_utils.nothing


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"name": "phi-5"},
            UnknownModel,
            "There are: smollm2, pico-mini, pico-medium, pico-moe, pico-vision, phi-3.5-mini, phi-4-mini.",
        ),
        ({"runtime": "gpu"}, UnknownModel, "There are: transformers, onnx, ollama, cloud."),
        ({"runtime": "ollama", "hots": "x"}, UnknownOption, "Did you mean 'host'"),
        ({"runtime": "cloud", "base_uri": "https://example.org"}, UnknownOption, "Did you mean 'base_url'"),
        ({"name": "phi-4-mini", "runtime": "onnx"}, UnknownModel, "phi-4-mini runs here with: transformers."),
        ({"runtime": "transformers", "precision": "int4"}, UnknownOption, "no option 'precision'"),
        ({"runtime": "onnx", "precison": "int4"}, UnknownOption, "Did you mean 'precision'"),
        ({"runtime": "onnx", "precision": "int3"}, export.BuildFailed, "There are: mixed, fp32, int8, int4."),
        ({"name": "pico-mini", "precision": "int3"}, export.BuildFailed, "The builder makes: fp32, int8, int4."),
        ({"name": "phi-3.5-mini", "precision": "int8"}, UnknownOption, "no option 'precision'"),
    ],
)
def test_load_says_what_there_is(arguments, error, words):
    with pytest.raises(error) as caught:
        load(**arguments)
    assert words in str(caught.value) and isinstance(caught.value, CourseError)


def test_the_catalogue_is_pinned_and_complete():
    for forms in MODELS.values():
        for model in forms.values():
            assert len(model.revision) == 40 and int(model.revision, 16) and model.licence == "MIT"
            assert model.memory > model.size and len({file.path for file in model.files}) == len(model.files)
            known = sum(file.size or 0 for file in model.files)
            if all(file.size for file in model.files if file.path.endswith((".safetensors", ".onnx", ".data"))):
                assert 0 <= model.size - known < 1_000_000  # the rest are small files
            for file in model.files:
                assert file.sha256 is None or (len(file.sha256) == 64 and int(file.sha256, 16))


# ---- Transformers against its own generate


@pytest.fixture(scope="module")
def pico():
    return load("pico-mini", runtime="transformers")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"repetition_penalty": 1.3},
        {"temperature": 0.8},
        {"temperature": 1.0, "top_k": 20, "top_p": 0.8},
        {"temperature": 1.5, "min_p": 0.05, "repetition_penalty": 1.2},
    ],
)
def test_the_stream_is_what_generate_gives(pico, options):
    import torch

    turns = [{"role": "user", "content": STORY}]
    inputs = pico.tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_tensors="pt")
    start = inputs["input_ids"].shape[1]
    torch.manual_seed(7)
    sampled = {"do_sample": True, "top_k": 0} if "temperature" in options else {"do_sample": False}
    expected = pico.model.generate(**inputs, max_new_tokens=60, **sampled | options)[0, start:].tolist()
    stream = pico.stream(STORY, max_new_tokens=60, seed=7, **options)
    ours = [chunk.token_id for chunk in stream]
    assert ours == expected[: len(ours)]
    assert expected[len(ours) :] in ([], [4], [0])  # at most the end marker, which we do not show


def test_a_configuration_as_phi_writes_it(tmp_path, pico):
    """Phi-3.5's config.json: old key names, LongRoPE with two sets of factors, remote code that we do not want."""
    import torch
    from transformers import Phi3Config, Phi3ForCausalLM

    factors = {"short_factor": [1.0] * 16, "long_factor": [1.0 + i / 4 for i in range(16)]}
    rope = {"rope_type": "longrope", "rope_theta": 10000.0, "original_max_position_embeddings": 64, **factors}
    sizes = {"vocab_size": 2048, "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2}
    config = Phi3Config(
        **sizes,
        num_attention_heads=4,
        max_position_embeddings=1024,
        original_max_position_embeddings=64,
        sliding_window=262144,
        rope_parameters=rope,
        bos_token_id=0,
        eos_token_id=[4, 0],
        pad_token_id=0,
        initializer_range=0.3,
    )
    torch.manual_seed(0)
    Phi3ForCausalLM(config).bfloat16().save_pretrained(tmp_path)
    written = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    del written["rope_parameters"], written["dtype"]
    written |= {
        "rope_scaling": {"type": "longrope", **factors},
        "rope_theta": 10000.0,
        "torch_dtype": "bfloat16",
    }
    written["auto_map"] = {
        "AutoConfig": "configuration_phi3.Phi3Config",
        "AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM",
    }
    (tmp_path / "config.json").write_text(json.dumps(written), encoding="utf-8")
    for file in folder("pico-mini").iterdir():
        if file.name.startswith(("tokenizer", "chat_template")):
            shutil.copy(file, tmp_path)

    model = TransformersModel(tmp_path, name="phi", dtype="bfloat16")
    assert model.model.dtype == torch.bfloat16 and model.context_length == 1024
    # The answer crosses position 64, where the factors change and the cache must be computed anew.
    inputs = model.tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hi"}], add_generation_prompt=True, return_tensors="pt"
    )
    start = inputs["input_ids"].shape[1]
    expected = model.model.generate(**inputs, max_new_tokens=90, do_sample=False)[0, start:].tolist()
    ours = [chunk.token_id for chunk in model.stream("Hi", max_new_tokens=90)]
    assert start < 64 and ours == expected[: len(ours)] and len(ours) >= len(expected) - 1


# ---- ONNX Runtime GenAI against its own loop


def test_the_stream_is_what_the_library_generates():
    model = load("pico-mini", runtime="onnx")
    og = genai()
    prompt = f"<|user|>\n{STORY}<|end|>\n<|assistant|>\n"
    params = og.GeneratorParams(model.model)
    params.set_search_options(max_length=200, do_sample=False)
    generator = og.Generator(model.model, params)
    tokens = model.tokenizer.encode(prompt)
    generator.append_tokens(tokens)
    expected = []
    while not generator.is_done():
        generator.generate_next_token()
        expected.append(int(generator.get_next_tokens()[0]))
    ours = [chunk.token_id for chunk in model.stream(STORY, max_new_tokens=200 - len(tokens))]
    assert ours == [token for token in expected if token not in model.stop_ids]


def test_min_p_keeps_the_tokens_above_the_bar():
    model = load("pico-mini", runtime="onnx")
    og = genai()
    params = og.GeneratorParams(model.model)
    params.set_search_options(max_length=64)
    generator = og.Generator(model.model, params)
    generator.append_tokens(np.array(model.encode([Message("user", STORY)]), dtype=np.int32))
    logits = generator.get_logits().ravel() / 3.0
    likely = np.exp(logits - logits.max()) >= 0.1  # at temperature 3, at least 0.1 times as likely as the best

    def first_tokens(**options) -> set[int]:
        streams = [model.stream(STORY, temperature=3.0, seed=seed, **options) for seed in range(200)]
        return {chunk.token_id for stream in streams for chunk in islice(stream, 1)}

    assert first_tokens(min_p=0.1) <= set(np.flatnonzero(likely))
    assert not first_tokens() <= set(np.flatnonzero(likely))


def library_writes(model, **search) -> list[int]:
    """What the library alone writes after the prompt of STORY."""
    og = genai()
    params = og.GeneratorParams(model.model)
    params.set_search_options(**search)
    generator = og.Generator(model.model, params)
    prompt = model.encode([Message("user", STORY)])
    generator.append_tokens(np.array(prompt, dtype=np.int32))
    while not generator.is_done():
        generator.generate_next_token()
    return generator.get_sequence(0)[len(prompt) :].tolist()


def test_max_length_counts_prompt_and_answer_and_stays_within_the_context():
    """As notebook 06 says; people asked the library's makers what it means."""
    model = load("pico-mini", runtime="onnx")
    prompt = len(model.encode([Message("user", STORY)]))
    assert len(library_writes(model, max_length=prompt + 5)) == 5
    for most, words in ((prompt - 1, "exceeds max length"), (model.context_length + 1, "context_length")):
        with pytest.raises(RuntimeError, match=words):
            library_writes(model, max_length=most)


def test_search_options_behave_as_the_table_of_notebook_06_says():
    model = load("pico-mini", runtime="onnx")
    greedy = library_writes(model, max_length=60)
    assert library_writes(model, max_length=60, do_sample=True, temperature=0.0) == greedy
    assert library_writes(model, max_length=60, do_sample=True, temperature=2.0, top_k=1) == greedy
    for refused in ({"top_k": model.vocab_size + 1}, {"min_p": 0.1}, {"num_beams": 4}):
        with pytest.raises(RuntimeError):
            library_writes(model, max_length=60, do_sample=True, **refused)


def test_telemetry_is_off():
    code = "import os; from course_utils.models.onnx_model import genai; genai(); "
    code += "print(os.environ['ORT_DISABLE_TELEMETRY'])"
    output, errors = python(code).communicate(timeout=60)
    assert output.strip() == "1", errors


# ---- the ONNX forms of pico-mini


def test_the_three_precisions_answer_and_are_smaller_in_turn(capsys):
    sizes, texts = {}, {}
    for precision in export.PRECISIONS:
        built = export.onnx_folder("pico-mini", precision)
        sizes[precision] = sum(file.stat().st_size for file in built.glob("model.onnx*"))
        texts[precision] = load("pico-mini", runtime="onnx", precision=precision).chat("hello").text
    assert sizes["fp32"] > sizes["int8"] > sizes["int4"] > 0
    assert all(texts.values())
    before = (built / "model.onnx").stat().st_mtime_ns
    assert export.onnx_folder("pico-mini", precision) == built  # the last one again: nothing is built
    assert (built / "model.onnx").stat().st_mtime_ns == before and capsys.readouterr().out.count(precision) <= 1


def test_the_default_form_of_smollm2_surprises_itself_little_more_than_fp32():
    """The rule: the default is a form whose perplexity on the course's text is within 5 % of fp32's."""
    if not (smollm2.package.ready() and smollm2.package.wanted()):
        pytest.skip("SmolLM2 is not here")
    text, models = smollm2.READING.read_text(encoding="utf-8"), {}
    for precision in (smollm2.MIXED, "fp32"):
        models[precision] = measure_forms.perplexity(load("smollm2", precision=precision), text)
    assert 2 < models["fp32"] < 50
    assert models[smollm2.MIXED] <= 1.05 * models["fp32"]


def test_two_processes_at_once(tmp_path):
    home = tmp_path / "koti – äö"
    code = "from course_utils.pico import export; build = export.run_builder\n"
    code += "export.run_builder = lambda *how: (print('(building)'), build(*how))\n"
    code += "print(export.onnx_folder('pico-mini', 'int4'))"
    before = children_seconds()
    both = [python(code, COURSE_CACHE=str(home)) for _ in range(2)]
    results = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], results
    assert children_seconds() - before < 2 * 15  # the promise is 15 seconds; processor time is fair on a busy machine
    paths = {output.splitlines()[-1] for output, _ in results}
    [built] = map(Path, paths)
    assert [path for path in (home / "onnx").iterdir() if path.suffix != ".lock"] == [built]
    assert sum(output.count("(building)") for output, _ in results) == 1, "the other one waits for it"
    assert Path((built / export.SOURCE).read_text(encoding="utf-8")) == folder("pico-mini")  # what `_tidy` goes by
    for output, _ in results:
        assert output.startswith("Building the ONNX form of pico-mini, int4") and " done in " in output


def children_seconds() -> float:
    """Processor time of all processes that this one started and that have ended (0 on Windows)."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_an_interrupted_build_leaves_nothing(tmp_path):
    code = "from course_utils.pico.export import onnx_folder; onnx_folder('pico-mini', 'int8')"
    process = python(code, COURSE_CACHE=str(tmp_path))
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("onnx/building-*/log.txt")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors and not [p for p in (tmp_path / "onnx").iterdir() if p.suffix != ".lock"]


def test_a_cache_that_cannot_be_used_is_named(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(export.BuildFailed, match="could not be kept in .*set COURSE_CACHE to a folder"):
        export.onnx_folder("pico-mini", "fp32", progress=False)


def test_a_new_form_replaces_the_old_one_of_the_same_checkpoint(tmp_path):
    """Two learners may call their models alike: neither's form goes when the other builds."""
    places = {name: tmp_path / name for name in ("mine", "hers", "gone")}
    forms = {"int4-new": "mine", "int4-old": "mine", "int8-old": "mine", "int4-hers": "hers", "int4-gone": "gone"}
    for place in places.values():
        (place / "my-slm").mkdir(parents=True)
    onnx = tmp_path / "onnx"
    for form, owner in forms.items():
        (onnx / f"my-slm-{form}").mkdir(parents=True)
        (onnx / f"my-slm-{form}" / "model.onnx").write_bytes(b"")
        (onnx / f"my-slm-{form}" / export.SOURCE).write_text(str(places[owner] / "my-slm"), encoding="utf-8")
    for name in ("building-now", "building-killed"):
        (onnx / name).mkdir()
    long_ago = time.time() - 7200
    os.utime(onnx / "building-killed", (long_ago, long_ago))
    shutil.rmtree(places["gone"])
    export._tidy(onnx / "my-slm-int4-new")
    left = sorted(path.name for path in onnx.iterdir())
    assert left == ["building-now", "my-slm-int4-hers", "my-slm-int4-new", "my-slm-int8-old"]


def test_a_build_that_does_not_end_is_stopped(tmp_path):
    endless = ("timeit", "-n", "1", "-r", "1", "import time; time.sleep(600)")
    with pytest.raises(export.BuildFailed, match="not ended after 0.01. minutes and was stopped.*Close other programs"):
        export.run_module(endless, tmp_path, progress=False, limit=1.0)


def test_a_build_that_fails_says_why(tmp_path, monkeypatch):
    broken = tmp_path / "weights" / "pico-mini"
    shutil.copytree(folder("pico-mini"), broken)
    (broken / "model.safetensors").write_bytes(b"this is not a model")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(export.BuildFailed, match="(?s)builder failed.*doctor.*Error"):
        export.onnx_folder(broken, "fp32", progress=False)
    assert not [path for path in (tmp_path / "cache" / "onnx").iterdir() if path.suffix != ".lock"]
    assert cache_folder() == tmp_path / "cache"


# --- what learners of other courses met ---------------------------------------------------------------


@pytest.mark.parametrize("runtime", ["onnx", "transformers"])
def test_a_nul_in_a_text_ends_nothing(runtime):
    model = load("pico-mini", runtime=runtime)
    plain, with_nul = (model.chat(f"What is 2 + 2?{between}Please.") for between in (" ", "\0"))
    assert with_nul.text == plain.text != "" and with_nul.prompt_tokens == plain.prompt_tokens


def test_both_engines_show_the_same_letters_whole_or_broken():
    """The ids of letters in pieces, and of pieces that belong to no letter, through both decoders."""
    onnx, torch_model = load("pico-mini", runtime="onnx"), load("pico-mini", runtime="transformers")
    ids = torch_model.tokenizer("안녕하세요, 聪明 👩‍🚀 ä", add_special_tokens=False)["input_ids"]
    pieces = [id for id in range(300) if torch_model.tokenizer.decode([id]) == "\ufffd"]
    words = torch_model.tokenizer(" fox dog in the forest", add_special_tokens=False)["input_ids"]
    rng = np.random.default_rng(16)
    rows = [ids, [pieces[0], *words], [pieces[-1], *words, *ids]]
    rows += [[int(id) for id in rng.choice([*pieces, *words, *ids], size=rng.integers(2, 12))] for _ in range(200)]
    for row in rows:
        shown = ["".join(map(model._decoder(), row)) for model in (onnx, torch_model)]
        assert shown[0] == shown[1], row
    assert "".join(map(onnx._decoder(), ids)) == "안녕하세요, 聪明 👩‍🚀 ä"
    assert "".join(map(onnx._decoder(), rows[1])).endswith(" fox dog in the forest")


def test_an_answer_ends_at_each_of_the_tokens_that_end_one(tmp_path):
    assert stop_set(4, [0, 4], None) == {0, 4} and stop_set([7]) == {7}
    with pytest.raises(CourseError, match="would never stop"):
        stop_set(None, [])
    shutil.copytree(folder("pico-mini"), tmp_path / "model")
    file = tmp_path / "model" / "generation_config.json"
    for narrowed in ({"eos_token_id": 0}, {}):  # the other file still names both
        file.write_text(json.dumps(narrowed), encoding="utf-8")
        model = TransformersModel(tmp_path / "model")
        assert model.stop_ids == {0, 4} and model.chat("hello").finish_reason == "stop"


@pytest.mark.parametrize("runtime", ["onnx", "transformers"])
def test_more_choices_than_there_are_tokens_are_all_of_them(runtime):
    model = load("pico-mini", runtime=runtime)
    assert model.chat("hello", temperature=1.0, top_k=99_999, seed=1, max_new_tokens=4).completion_tokens >= 1


def test_an_option_without_effect_is_said(recwarn):
    model = load("pico-mini")
    model.chat("hello", top_p=0.3, max_new_tokens=1)
    assert "top_p has no effect" in str(recwarn.pop(UserWarning).message)
    model.chat("hello", top_p=1.0, top_k=0, seed=3, max_new_tokens=1)
    model.chat("hello", temperature=0.7, top_p=0.3, max_new_tokens=1)
    assert not recwarn.list


def test_without_a_graphics_card_nothing_asks_for_one():
    """Loading, answering and a step of training, where every call of torch.cuda but the question for a card fails."""
    code = (
        "import torch\n"
        "def refuse(name): return lambda *a, **k: (_ for _ in ()).throw(RuntimeError('asked for a card: ' + name))\n"
        "for name in ('init', '_lazy_init', 'current_device', 'mem_get_info', 'get_device_name', 'synchronize',\n"
        "             'get_device_properties', 'manual_seed'):\n"
        "    setattr(torch.cuda, name, refuse(name))\n"
        "torch.cuda.is_available = lambda: False\n"
        "from course_utils import load\n"
        "model = load('pico-mini', runtime='transformers')\n"
        "print(model.chat('What is 2 + 2?').text)\n"
        "ids = torch.tensor([[5, 6, 7, 8]])\n"
        "model.model.train()(input_ids=ids, labels=ids).loss.backward()\n"
        "print('trained')\n"
    )
    output, errors = python(code).communicate(timeout=120)
    assert output.split() == ["2", "+", "2", "=", "4.", "trained"], errors
