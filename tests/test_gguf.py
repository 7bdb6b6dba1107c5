"""Pico models as GGUF files: nothing is lost on the way out and back. That llama.cpp reads them: test_engines.py."""

from __future__ import annotations

import json
import re
import shutil
import struct
from functools import lru_cache

import numpy as np
import pytest
from safetensors.numpy import load_file
from test_parity import PROMPTS

from course_utils import CourseError
from course_utils.models.chat import Message
from course_utils.models.torch_model import TransformersModel
from course_utils.pico import folder
from course_utils.pico.export import gguf_file
from course_utils.pico.tokenizer import load_tokenizer

ODD_TEXTS = [
    "a\r\n\r\nb",
    "x\t\ty  z ",
    "  \n  \n",
    "１２ ½ ² 3rd 2026",
    "'S 'LL don'T can't",
    "e\u0301 ǆ straße İ",
    "\u00a0narrow\u3000wide",
    "\u2028line\u2029paragraph\u0085next",
    "a\x00b \x1c\x1d x",
    "हिन्दी ไทย 👩‍👩‍👧 𝔘",
    "!!!\n\n?? <|user| > <|end|>\n<|user|>\nhi",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """pico-mini in each precision: {precision: (the file, the checkpoint read from it)}."""
    place = tmp_path_factory.mktemp("gguf")
    files = {kind: gguf_file.write("pico-mini", place / f"{kind}.gguf", kind) for kind in gguf_file.PRECISIONS}
    return {kind: (file, gguf_file.read(file, place / kind)) for kind, file in files.items()}


@lru_cache
def weights(checkpoint) -> dict[str, np.ndarray]:
    return {name: array.astype(np.float32) for name, array in load_file(checkpoint / "model.safetensors").items()}


def answer(model: TransformersModel, prompt: str) -> list[int]:
    """The greedy answer of Transformers' own `generate`, at most 48 tokens."""
    import torch

    ids = model.encode([Message("user", prompt)])
    with torch.inference_mode():
        found = model.model.generate(torch.tensor([ids]), max_new_tokens=48, do_sample=False)
    return found[0, len(ids) :].tolist()


def test_the_tokenizer_and_the_configuration_come_back(made):
    original, back = folder("pico-mini"), made["q8_0"][1]
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        assert json.loads((back / name).read_text("utf-8")) == json.loads((original / name).read_text("utf-8")), name
    assert (back / "chat_template.jinja").read_bytes() == (original / "chat_template.jinja").read_bytes()
    config = json.loads((original / "config.json").read_text("utf-8")) | {"dtype": "float32"}
    assert json.loads((back / "config.json").read_text("utf-8")) == config


@pytest.mark.parametrize("kind", ["f32", "f16"])
def test_weights_come_back_unchanged(made, kind):
    before, after = weights(folder("pico-mini")), weights(made[kind][1])  # the shipped weights are float16
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert load_file(made[kind][1] / "model.safetensors")["model.norm.weight"].dtype == np.float32


def test_q8_0_moves_a_weight_by_half_a_step_at_most(made):
    before, after = weights(folder("pico-mini")), weights(made["q8_0"][1])
    moved = 0
    for name, array in before.items():
        if array.ndim == 1:
            assert np.array_equal(array, after[name])
            continue
        blocks, distance = array.reshape(-1, 32), np.abs(array - after[name]).reshape(-1, 32)
        step = np.abs(blocks).max(axis=1, keepdims=True) / 127
        assert (distance <= step * 0.5 + 127 * step * 2**-11 + 2**-24).all(), name  # the step itself is float16
        moved += np.count_nonzero(distance)
    assert moved > 1_000_000


def test_sizes(made):
    numbers = weights(folder("pico-mini")).values()
    matrices, norms = (sum(a.size for a in numbers if (a.ndim > 1) == flat) for flat in (True, False))
    for kind, bits in (("f32", 32), ("f16", 16), ("q8_0", 8.5)):
        header = made[kind][0].stat().st_size - matrices * bits / 8 - norms * 4
        assert 40_000 < header < 120_000, kind  # the tokenizer, mostly


def test_a_checkpoint_read_from_f32_gives_the_same_greedy_tokens(made):
    ours, theirs = TransformersModel(folder("pico-mini")), TransformersModel(made["f32"][1])
    for prompt in PROMPTS[::5]:
        assert answer(theirs, prompt) == answer(ours, prompt), prompt


def test_what_the_header_says(made):
    from gguf import GGUFReader

    reader = GGUFReader(made["f16"][0])
    said = {key: field.contents() for key, field in reader.fields.items()}
    assert said["general.architecture"] == "phi3" and said["phi3.attention.sliding_window"] == 0
    assert said["tokenizer.ggml.model"] == "gpt2" and said["tokenizer.ggml.pre"] == "qwen2"
    assert said["tokenizer.ggml.token_type"] == [3] * 5 + [1] * 2043
    kinds = {tensor.name: tensor.tensor_type.name for tensor in reader.tensors}
    assert kinds["blk.3.ffn_up.weight"] == "F16" and kinds["blk.3.ffn_norm.weight"] == "F32"
    assert "output.weight" not in kinds


def test_a_model_of_ones_own_with_other_sizes_and_spare_rows(tmp_path):
    """Grouped heads, bfloat16, a longer context, a vocabulary with room to spare."""
    import torch
    from transformers import Phi3Config, Phi3ForCausalLM

    torch.manual_seed(0)
    sizes = {"vocab_size": 2100, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 8192}
    special = {"bos_token_id": 0, "pad_token_id": 0, "eos_token_id": [4, 0], "tie_word_embeddings": True}
    model = Phi3ForCausalLM(Phi3Config(**sizes, **heads, **special)).to(torch.bfloat16)
    model.save_pretrained(tmp_path / "own")
    load_tokenizer(folder("pico-mini")).save_pretrained(tmp_path / "own")
    file = gguf_file.write(tmp_path / "own", tmp_path / "new" / "own.gguf", "f32")
    back = gguf_file.read(file, tmp_path / "back")
    first, again = (Phi3ForCausalLM.from_pretrained(place, dtype=torch.float32) for place in (tmp_path / "own", back))
    ids = torch.tensor([[1, 2, 3, 2099]])
    with torch.inference_mode():
        assert torch.equal(again(ids).logits, first(ids).logits)
    assert len(load_tokenizer(back)) == 2048


def own(place, **changes):
    """A copy of pico-mini in `place` with another configuration."""
    shutil.copytree(folder("pico-mini"), place)
    config = json.loads((place / "config.json").read_text("utf-8")) | changes
    (place / "config.json").write_text(json.dumps(config), "utf-8")
    return place


LONG = {"rope_type": "longrope", "rope_theta": 1e4, "short_factor": [1.0] * 32, "long_factor": [2.0] * 32}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architectures": ["PhimoeForCausalLM"]}, "architectures = .*Phimoe"),
        ({"sliding_window": 8}, "sliding_window = 8"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings = False"),
        ({"rms_norm_eps": 1e-6}, "rms_norm_eps = 1e-06"),
        ({"hidden_act": "gelu"}, "hidden_act = gelu"),
        ({"rope_parameters": LONG}, "rope_parameters = .*longrope"),
        ({"max_position_embeddings": 10**6}, "max_position_embeddings is 1000000, and not a number from 1 to 131,072"),
        ({"num_hidden_layers": 3}, "not those of its config.json"),
        ({"eos_token_id": [4, 0, 3]}, "eos_token_id = .4, 0, 3."),
    ],
)
def test_models_that_are_not_written(tmp_path, changes, words):
    with pytest.raises(CourseError, match=words):
        gguf_file.write(own(tmp_path / "own", **changes), tmp_path / "x.gguf")
    assert not list(tmp_path.glob("*.gguf*"))


def test_a_tokenizer_that_cuts_otherwise_is_not_written(tmp_path):
    place = own(tmp_path / "own")
    text = (place / "tokenizer.json").read_text("utf-8")
    (place / "tokenizer.json").write_text(text.replace(r"\\p{L}+|\\p{N}|", r"\\p{L}+|\\p{N}+|"), "utf-8")
    with pytest.raises(CourseError, match="cuts text in another way"):
        gguf_file.write(place, tmp_path / "x.gguf")


@pytest.mark.parametrize("model", ["pico-giant", "/no/such/folder"])
def test_no_such_model_or_precision(tmp_path, model):
    with pytest.raises(CourseError, match="no course model"):
        gguf_file.write(model, tmp_path / "x.gguf")
    with pytest.raises(CourseError, match="no model in"):
        gguf_file.write(tmp_path, tmp_path / "x.gguf")
    with pytest.raises(CourseError, match="f32, f16, q8_0"):
        gguf_file.write("pico-mini", tmp_path / "x.gguf", precision="q5_0")


def test_a_disk_that_does_not_take_the_file(tmp_path):
    (tmp_path / "file").write_text("not a folder", "utf-8")
    with pytest.raises(CourseError, match="could not be written"):
        gguf_file.write("pico-mini", tmp_path / "file" / "x.gguf")
    resource = pytest.importorskip("resource", reason="the limit of a file's size is a thing of Unix")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
        with pytest.raises(CourseError, match="could not be written"):
            gguf_file.write("pico-mini", tmp_path / "x.gguf")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def refused(content: bytes, place) -> str:
    """What `read` says about such a file; it must leave nothing behind."""
    (place / "x.gguf").write_bytes(content)
    with pytest.raises(CourseError) as told:
        gguf_file.read(place / "x.gguf", place / "new" / "checkpoint")
    assert not list(place.glob("new/*"))
    return str(told.value)


def test_a_truncated_file_is_refused_wherever_it_ends(made, tmp_path):
    whole = made["q8_0"][0].read_bytes()
    assert "no GGUF file" in refused(whole[:3], tmp_path)
    for end in (5, 23, 24, 60, 900, 20_000, 51_234, 68_001, len(whole) // 2, len(whole) - 1):
        assert "cut off" in refused(whole[:end], tmp_path), end


def test_what_is_no_gguf_is_refused(tmp_path):
    assert "no GGUF file" in refused(b"", tmp_path)
    assert "no GGUF file" in refused(b"PK\x03\x04 a zip file", tmp_path)
    with (tmp_path / "big.gguf").open("wb") as file:
        file.truncate(64_000_001)
    with pytest.raises(CourseError, match="64.0 MB; the course reads 64 MB"):
        gguf_file.read(tmp_path / "big.gguf", tmp_path / "new")


def test_lies_about_sizes_end_at_once(tmp_path):
    def header(kind: int, length: int) -> bytes:
        key = b"k"
        return b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, len(key)) + key + struct.pack("<IIQ", 9, kind, length)

    for kind in (0, 8, 12):  # bytes, texts, doubles
        assert "ends before" in refused(header(kind, 2**62), tmp_path)
    assert "more than 250,000 values" in refused(header(0, 2**62) + bytes(300_000), tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"\x04\0\0\0\0\0\0\0phi3", b"\x04\0\0\0\0\0\0\0phi2", "its architecture is 'phi2'"),
        (
            b"phi3.block_count\x04\0\0\0\x04",
            b"phi3.block_count\x04\0\0\0\x05",
            "blk.4.attn_norm.weight of shape (192,) is missing",
        ),
        (
            b"phi3.block_count\x04\0\0\0\x04\0\0\0",
            b"phi3.block_count\x04\0\0\0\0\0\0\x40",
            "num_hidden_layers is 1073741824, and not",
        ),
        (
            b"phi3.context_length\x04\0\0\0\0\x04\0\0",
            b"phi3.context_length\x04\0\0\0\0\0\x0f\0",
            "max_position_embeddings is 983040, and not a number from 1 to 131,072",
        ),
        (b"phi3.embedding_length\x04\0\0\0\xc0", b"phi3.embedding_length\x04\0\0\0\xc6", "dimension_count is not"),
        (b"feed_forward_length\x04\0\0\0\0\x02", b"feed_forward_length\x04\0\0\0\x01\x02", "of shape"),
        (b"phi3.vocab_size", b"phi3.vocab_sizf", "vocab_size is None, and not"),
        (b"tokenizer.ggml.add_bos_token", b"phi3.rope.scaling.attn_fact0", "phi3.rope.scaling.attn_fact0 is not"),
        (b"head_count\x04\0\0\0\x03", b"head_count\x04\0\0\0\x05", "cannot be shared"),
        (b"sliding_window\x04\0\0\0\x00", b"sliding_window\x04\0\0\0\x08", "sliding_window is not what"),
        (b"\x05\0\0\0\0\0\0\0qwen2", b"\x05\0\0\0\0\0\0\0llama", "tokenizer.ggml.pre is not what"),
        (b"eos_token_id\x04\0\0\0\0\0\0\0", b"eos_token_id\x04\0\0\0\0\xff\0\0", "eos_token_id is not what"),
        (b"bos_token_id\x04\0\0\0\0\0\0\0", b"bos_token_id\x04\0\0\0\0\xff\0\0", "bos_token_id is not what"),
        (b"\x0d\0\0\0\0\0\0\0<|assistant|>", b"\x0d\0\0\0\0\0\0\0<|assistant|\xff", "can't decode"),
        (b"<|assistant|>", b"<|assistent|>", "tokenizer.ggml.tokens is not what"),
        (b"blk.0.ffn_up.weight", b"blk.0.ffn_ab.weight", "blk.0.ffn_ab.weight"),
        (b"blk.0.ffn_up.weight", b"blk.1.ffn_up.weight", "duplicated"),
    ],
)
def test_a_file_with_something_else_in_it_is_refused(made, tmp_path, old, new, words):
    whole = made["q8_0"][0].read_bytes()
    assert old in whole
    assert words in refused(whole.replace(old, new, 1), tmp_path)


def test_a_folder_with_something_in_it_is_not_overwritten(made, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work", "utf-8")
    with pytest.raises(CourseError, match="There is something in"):
        gguf_file.read(made["f16"][0], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def parsed(text: str) -> dict[str, list[str]]:
    """What Ollama's parser finds in a Modelfile: a value in triple quotes ends where a line ends in them."""
    found, lines = {}, iter(text.splitlines(keepends=True))
    for line in lines:
        if line.startswith("#"):
            continue
        word, _, value = line.partition(" ")
        if value.startswith('"""'):
            while len(value.strip()) < 6 or not value.strip().endswith('"""'):
                value += next(lines)
            value = value.strip()[3:-3]
        found.setdefault(word, []).append(value.strip("\n") if word != "TEMPLATE" else value)
    return found


def rendered(template: str, turns: list[tuple[str, str, str | None]]) -> str:
    """What a real Ollama makes of a template: once for each (system, prompt, response), the last up to `.Response`."""
    text = ""
    for turn in turns:
        values = dict(zip(("System", "Prompt", "Response"), turn, strict=True))
        part = template.partition("{{ .Response }}")[0] if turn[2] is None else template
        block = re.compile(r"\{\{ if \.(\w+) \}\}(.*?)\{\{ end \}\}", re.DOTALL)
        part = block.sub(lambda match, values=values: match[2] if values[match[1]] else "", part)
        text += re.sub(r"\{\{ \.(\w+) \}\}", lambda match, values=values: values[match[1]], part)
    return text


def test_modelfile():
    persona = 'You are a pirate.\nSay "Arr".\nFROM /etc/passwd "'
    found = parsed(gguf_file.modelfile("./f16.gguf", persona))
    assert found["FROM"] == ["./f16.gguf"] and found["SYSTEM"] == [persona]
    assert 'stop "<|end|>"' in found["PARAMETER"] and "temperature 0" in found["PARAMETER"]
    assert "SYSTEM" not in gguf_file.modelfile("pico-mini").replace(".System", "")
    talk = [("system", persona), ("user", "Hi"), ("assistant", "Arr!"), ("user", "Who are you?")]
    messages = [{"role": role, "content": content} for role, content in talk]
    prompt = load_tokenizer().apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert rendered(found["TEMPLATE"][0], [(persona, "Hi", "Arr!"), ("", "Who are you?", None)]) == prompt
    own = parsed(
        gguf_file.modelfile("pico-mini", template="{{ .Prompt }}", parameters={"seed": 7, "stop": ["\n", "ä"]})
    )
    assert own["TEMPLATE"] == ["{{ .Prompt }}"] and own["PARAMETER"] == ["seed 7", 'stop "\\n"', 'stop "ä"']


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"source": "x\nSYSTEM y.gguf"}, "rename it"),
        ({"source": "x", "system": 'hello """\nFROM /etc/passwd'}, "three double quotes"),
        ({"source": "x", "template": '{{ .Prompt }}"""\nFROM /etc/passwd'}, "three double quotes"),
        ({"source": "x", "parameters": {"stop\nFROM": 1}}, "no name of a parameter"),
    ],
)
def test_what_could_break_out_of_a_modelfile_is_refused(given, words):
    with pytest.raises(CourseError, match=words):
        gguf_file.modelfile(**given)
