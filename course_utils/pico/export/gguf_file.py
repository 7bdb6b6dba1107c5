"""A course model as one GGUF file, for llama.cpp and Ollama, and back into a Transformers checkpoint.

    python -m course_utils.pico.export.gguf_file pico-mini out.gguf --kind q8_0

A GGUF file holds all that an engine needs: the shape of the model, the tokenizer, the chat template and the weights.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from course_utils.base import CourseError
from course_utils.pico import MODELS, folder
from course_utils.pico.tokenizer import PATTERN, load_tokenizer

KINDS = ("f32", "f16", "q8_0")
LARGEST = 64 * 10**6  # bytes of a file that `read` takes
MOST_VALUES = 250_000  # in the header of such a file; 32,000 tokens with types and merges are 160,000
LONGEST_CONTEXT = 131_072  # tokens, as many as Phi-3 reads at most
ARCHITECTURE = "phi3"
# llama.cpp keeps the patterns of pre-tokenizers in its own code, each under a name. Under this one it has `PATTERN`:
# https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_QWEN2.
PRE_TOKENIZER = "qwen2"
SIZES = {  # the name in config.json: the name in GGUF
    "max_position_embeddings": "phi3.context_length",
    "hidden_size": "phi3.embedding_length",
    "num_hidden_layers": "phi3.block_count",
    "intermediate_size": "phi3.feed_forward_length",
    "num_attention_heads": "phi3.attention.head_count",
    "num_key_value_heads": "phi3.attention.head_count_kv",
}
# Ollama runs the template once for each exchange, and ends the last where the answer begins.
TEMPLATE = (
    "{{ if .System }}<|system|>\n{{ .System }}<|end|>\n{{ end }}"
    "{{ if .Prompt }}<|user|>\n{{ .Prompt }}<|end|>\n{{ end }}<|assistant|>\n{{ .Response }}<|end|>\n"
)
STOPS = ("<|end|>", "<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>")
NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?(:[\w.-]+)?", re.ASCII)


def write(model: str | Path, file: Path, kind: str = "f16") -> Path:
    """Write a model as a GGUF file of architecture phi3; returns `file`.

    `model` is a course model's name, or a folder in which `save_pretrained` has put a Phi3ForCausalLM and its
    tokenizer. `kind` is how the matrices are kept: "f32", "f16" or "q8_0", which is 32, 16 or 8.5 bits a weight; the
    norms are f32 in each. The file appears when it is whole. Raises CourseError for a model that GGUF's phi3 cannot
    say, and when the disk does not take the file.
    """
    if kind not in KINDS:
        raise CourseError(f"There is no kind {kind!r}. A GGUF file is written as one of: {', '.join(KINDS)}.")
    checkpoint, file = _checkpoint(model), Path(file)
    config = _config(checkpoint)
    weights = _weights(checkpoint, config)
    tokenizer = load_tokenizer(checkpoint)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(part, checkpoint.name, config, tokenizer, weights, kind)
            os.replace(part, file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise CourseError(f"{file} could not be written: {error}. Free some space, or name another file.") from error
    return file


def _checkpoint(model: str | Path) -> Path:
    if isinstance(model, str) and (model in MODELS or not Path(model).is_dir()):
        return folder(model)
    if not all((Path(model) / name).is_file() for name in ("config.json", "tokenizer.json")):
        raise CourseError(f"There is no model in {model}: save one there first, with its tokenizer.")
    return Path(model)


def _config(checkpoint: Path):
    """The configuration. Raises CourseError when llama.cpp's phi3 would compute something else from it."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(checkpoint, local_files_only=True)
    if config.architectures != ["Phi3ForCausalLM"]:
        raise CourseError(f"{checkpoint} holds {config.architectures}; only Phi3ForCausalLM is written as GGUF here.")
    odd = {
        "positions that are stretched (rope_type)": config.rope_parameters["rope_type"] != "default",
        "an activation other than silu": config.hidden_act != "silu",
        "a sliding window": (config.sliding_window or config.max_position_embeddings) < config.max_position_embeddings,
        "more than two tokens that end an answer": len(_stops(config)) > 2,
    }
    for what in (what for what, found in odd.items() if found):
        raise CourseError(f"The model in {checkpoint} has {what}, which the course does not write as GGUF.")
    return config


def _stops(config) -> list[int]:
    stops = config.eos_token_id
    return stops if isinstance(stops, list) else [stops]


def _tensors(config) -> dict[str, tuple[str, tuple[int, ...]]]:
    """For each tensor of the GGUF file, by its name there: its name in the checkpoint, and its shape."""
    hidden, inner, vocabulary = config.hidden_size, config.intermediate_size, config.vocab_size
    heads, groups = config.num_attention_heads, config.num_key_value_heads
    found = {"token_embd": ("model.embed_tokens", (vocabulary, hidden)), "output_norm": ("model.norm", (hidden,))}
    if not config.tie_word_embeddings:  # where it is missing, llama.cpp takes the embeddings
        found["output"] = ("lm_head", (vocabulary, hidden))
    block = {
        "attn_norm": ("input_layernorm", (hidden,)),
        "attn_qkv": ("self_attn.qkv_proj", ((heads + 2 * groups) * (hidden // heads), hidden)),
        "attn_output": ("self_attn.o_proj", (hidden, hidden)),
        "ffn_norm": ("post_attention_layernorm", (hidden,)),
        "ffn_up": ("mlp.gate_up_proj", (2 * inner, hidden)),
        "ffn_down": ("mlp.down_proj", (hidden, inner)),
    }
    for layer in range(config.num_hidden_layers):
        for ours, (theirs, shape) in block.items():
            found[f"blk.{layer}.{ours}"] = (f"model.layers.{layer}.{theirs}", shape)
    return {f"{ours}.weight": (f"{theirs}.weight", shape) for ours, (theirs, shape) in found.items()}


def _weights(checkpoint: Path, config) -> dict:
    """The weights by their GGUF names, float32 arrays. Raises CourseError when they do not fit the configuration."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    stored, wanted = {}, _tensors(config)
    try:
        for part in sorted(checkpoint.glob("*.safetensors")):
            stored |= load_file(part)
    except (SafetensorError, OSError) as error:
        raise CourseError(f"The weights in {checkpoint} cannot be read: {error}. Save the model again.") from error
    if dict(wanted.values()) != {name: tuple(tensor.shape) for name, tensor in stored.items()}:
        raise CourseError(f"The weights in {checkpoint} are not those of its config.json: save the whole model again.")
    return {ours: stored[theirs].float().numpy() for ours, (theirs, _) in wanted.items()}


def _write(file: Path, name: str, config, tokenizer, weights: dict, kind: str) -> None:
    from gguf import GGML_QUANT_VERSION, GGMLQuantizationType, GGUFWriter, LlamaFileType, quantize

    quantization = GGMLQuantizationType[kind.upper()]
    writer = GGUFWriter(file, ARCHITECTURE)
    writer.add_name(name)
    writer.add_file_type(LlamaFileType["ALL_F32" if kind == "f32" else f"MOSTLY_{kind.upper()}"])
    writer.add_quantization_version(GGML_QUANT_VERSION)
    for own, key in SIZES.items():
        writer.add_uint32(key, getattr(config, own))
    rope = config.rope_parameters
    size = config.hidden_size // config.num_attention_heads
    writer.add_vocab_size(config.vocab_size)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(int(size * rope.get("partial_rotary_factor", 1.0)))
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_sliding_window(0)  # none: each token sees all that came before it
    _describe_tokenizer(writer, config, tokenizer)
    for tensor, values in weights.items():
        if kind == "q8_0" and values.shape[-1] % 32:
            raise CourseError(f"q8_0 packs 32 weights together; a row of {tensor} has {values.shape[-1]}. Use f16.")
        stored = quantization if values.ndim > 1 else GGMLQuantizationType.F32
        writer.add_tensor(tensor, quantize(values, stored), raw_dtype=stored)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _describe_tokenizer(writer, config, tokenizer) -> None:
    from gguf import TokenType

    state = json.loads(tokenizer.backend_tokenizer.to_str())
    if _cutting(state) != _cutting(json.loads(_byte_level({}, []).to_str())):
        raise CourseError("This tokenizer cuts text in another way than the pico models' own: llama.cpp would not.")
    if len(tokenizer) > config.vocab_size:
        raise CourseError(f"The tokenizer has {len(tokenizer)} tokens, but the model only {config.vocab_size}.")
    tokens = [f"[PAD{i}]" for i in range(config.vocab_size)]
    types = [int(TokenType.UNUSED)] * config.vocab_size
    for token, i in tokenizer.get_vocab().items():
        tokens[i], types[i] = token, int(TokenType.NORMAL)
    for added in state["added_tokens"]:
        types[added["id"]] = int(TokenType.CONTROL if added["special"] else TokenType.USER_DEFINED)
    writer.add_tokenizer_model("gpt2")  # byte-level BPE
    writer.add_tokenizer_pre(PRE_TOKENIZER)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([" ".join(pair) for pair in state["model"]["merges"]])
    writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)  # ends a text; the other stop, if there is one, ends a turn
    for stop in _stops(config):
        if stop != tokenizer.eos_token_id:
            writer.add_eot_token_id(stop)
    writer.add_pad_token_id(tokenizer.pad_token_id)
    writer.add_add_bos_token(False)
    writer.add_chat_template(tokenizer.chat_template or "")


def _byte_level(vocabulary: dict[str, int], merges: list[tuple[str, str]]):
    """Byte-level BPE with the pattern of the pico models."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    split = pre_tokenizers.Split(Regex(PATTERN), behavior="isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _cutting(state: dict) -> tuple:
    """What decides how a tokenizer cuts, beside its vocabulary."""
    model = {name: value for name, value in state["model"].items() if name not in ("vocab", "merges")}
    return state["normalizer"], state["pre_tokenizer"], model


def read(file: Path, folder: Path) -> Path:
    """Turn a GGUF file into a checkpoint for Transformers in `folder`, which is made; returns `folder`.

    The weights become float32. The file is taken as data: it is measured and checked, and nothing in it is run.
    Raises CourseError for what is no GGUF file, another architecture than phi3, weights in a kind that `write` does
    not write, a damaged or truncated file, one over 64 MB, a folder that is not empty, and errors of the disk.
    """
    file, folder = Path(file), Path(folder)
    try:
        _check_first(file, folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="reading-", dir=folder.parent))
        try:
            _unpack(file, work / "checkpoint")
            if folder.is_dir():
                folder.rmdir()
            (work / "checkpoint").rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise CourseError(f"{file.name} could not be turned into {folder}: {error}.") from error
    return folder


def _check_first(file: Path, folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CourseError(f"There is something in {folder} already: name a new folder.")
    if not file.is_file():
        raise CourseError(f"There is no file {file}.")
    if file.stat().st_size > LARGEST:
        raise CourseError(
            f"{file.name} has {file.stat().st_size / 1e6:.1f} MB; the course reads {LARGEST / 1e6:.0f} MB."
        )
    with file.open("rb") as opened:
        if opened.read(4) != b"GGUF":
            raise CourseError(f"{file.name} is no GGUF file: it does not begin with the letters GGUF.")


def _unpack(file: Path, work: Path) -> None:
    try:
        reader = _reader(file)
    except (ValueError, KeyError, IndexError, OverflowError, TypeError, MemoryError) as error:
        raise CourseError(f"{file.name} is damaged or was cut off: {error}. Copy or write it again.") from error
    header = Header(reader, file.name)
    config, special = _configuration(header)
    tokenizer = _tokenizer(header, config)
    weights = _float32(header, config)
    from safetensors.numpy import save_file
    from transformers import GenerationConfig

    work.mkdir()
    save_file(weights, work / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(work)
    GenerationConfig(**special).save_pretrained(work)
    tokenizer.save_pretrained(work)


def _reader(file: Path):
    """The library's reader, with two checks that it lacks: that a value lies in the file, and how many there are.

    Without them a file of 60 bytes can keep it busy for ever. Raises ValueError, and what the library raises.
    """
    from gguf import GGUFReader

    class Reader(GGUFReader):
        values = 0

        def _get(self, offset, dtype, count=1, override_order=None):
            self.values += 1
            if self.values > MOST_VALUES:
                raise ValueError(f"its header has more than {MOST_VALUES:,} values")
            found = super()._get(offset, dtype, count, override_order)
            if len(found) != int(count):
                raise ValueError("it ends before its last value")
            return found

    reader = Reader(file)
    if reader.byte_order == "S":
        raise ValueError("its numbers are in the byte order of another kind of computer")
    return reader


class Header:
    """The named values of a GGUF file, each asked for with its type. What is missing or odd raises CourseError."""

    def __init__(self, reader, name: str):
        self.reader, self.name = reader, name
        found = self.get("general.architecture", str)
        if found != ARCHITECTURE:
            raise self.wrong(f"its architecture is {found!r}, and the course knows {ARCHITECTURE}")

    def get(self, key: str, kind: type, default=None):
        """The value of a key, or the default; `kind` is int, float, str or list."""
        field = self.reader.get_field(key)
        try:
            value = default if field is None else field.contents()
        except (ValueError, IndexError) as error:
            raise self.wrong(f"{key} cannot be read ({error})") from error
        if type(value) is not kind:
            raise self.wrong(f"{key} is missing or no {kind.__name__}")
        return value

    def count(self, key: str, most: int = 10**6) -> int:
        """A whole number from 1 to `most`."""
        value = self.get(key, int)
        if not 1 <= value <= most:
            raise self.wrong(f"{key} is {value}, not between 1 and {most}")
        return value

    def number(self, key: str) -> float:
        """A positive number. GGUF keeps single precision: the shortest decimal that it stands for is what was meant."""
        import numpy as np

        value = float(str(np.float32(self.get(key, float))))
        if not 0 < value < 1e9:
            raise self.wrong(f"{key} is {value}")
        return value

    def wrong(self, what: str) -> CourseError:
        return CourseError(f"{self.name} holds no model that the course reads: {what}.")


def _configuration(header: Header):
    """The configuration, and its special ids by name. Every size is checked before the library sees it."""
    from transformers import Phi3Config

    sizes = {own: header.count(key) for own, key in SIZES.items()}
    hidden, heads, groups = (sizes[f"{n}"] for n in ("hidden_size", "num_attention_heads", "num_key_value_heads"))
    context, names = sizes["max_position_embeddings"], [tensor.name for tensor in header.reader.tensors]
    if hidden % (2 * heads) or heads % groups:
        raise header.wrong(f"its {hidden} numbers a token cannot be shared among {heads} heads in {groups} groups")
    if context > LONGEST_CONTEXT or sizes["num_hidden_layers"] > len(names):
        raise header.wrong(f"it claims {context} tokens of context and {sizes['num_hidden_layers']} blocks")
    if 0 < header.get("phi3.attention.sliding_window", int, 0) < context:
        raise header.wrong("it has a sliding window")
    if header.get("phi3.rope.scaling.type", str, "none") != "none":
        raise header.wrong("it stretches its positions (rope scaling)")
    vocabulary = len(header.get("tokenizer.ggml.tokens", list))
    eos = header.get("tokenizer.ggml.eos_token_id", int)
    bos, pad, eot = (header.get(f"tokenizer.ggml.{n}_token_id", int, eos) for n in ("bos", "padding", "eot"))
    if not all(0 <= i < vocabulary for i in (eos, bos, pad, eot)):
        raise header.wrong("a special token is not in its vocabulary")
    special = {"bos_token_id": bos, "pad_token_id": pad, "eos_token_id": [eot, eos] if eot != eos else eos}
    factor = header.count("phi3.rope.dimension_count", hidden // heads) / (hidden // heads)
    rope = {"rope_theta": header.number("phi3.rope.freq_base"), "partial_rotary_factor": factor}
    config = Phi3Config(
        architectures=["Phi3ForCausalLM"],
        dtype="float32",
        vocab_size=vocabulary,
        original_max_position_embeddings=context,
        rms_norm_eps=header.number("phi3.attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default"} | rope,
        sliding_window=None,
        tie_word_embeddings="output.weight" not in names,
        **sizes,
        **special,
    )
    return config, special


def _tokenizer(header: Header, config):
    from gguf import TokenType
    from tokenizers import AddedToken
    from transformers import PreTrainedTokenizerFast

    named = header.get("tokenizer.ggml.model", str), header.get("tokenizer.ggml.pre", str)
    if named != ("gpt2", PRE_TOKENIZER):
        raise header.wrong(f"its tokenizer is {' with '.join(named)}; the course knows gpt2 with {PRE_TOKENIZER}")
    tokens, types, pairs = (header.get(f"tokenizer.ggml.{n}", list) for n in ("tokens", "token_type", "merges"))
    if {type(token) for token in tokens} != {str} or not len(set(tokens)) == len(tokens) == len(types):
        raise header.wrong("its vocabulary has a token twice, or not a type for each")
    vocabulary = {token: i for i, token in enumerate(tokens) if types[i] != TokenType.UNUSED}
    merges = [tuple(str(pair).split(" ")) for pair in pairs]
    if not all(len(pair) == 2 and {*pair, "".join(pair)} <= vocabulary.keys() for pair in merges):
        raise header.wrong("a merge is not made of two tokens of its vocabulary")
    backend = _byte_level(vocabulary, merges)
    own = [AddedToken(t, normalized=False) for t, i in vocabulary.items() if types[i] == TokenType.USER_DEFINED]
    backend.add_tokens(own)
    ids = {
        "bos": config.bos_token_id,
        "eos": header.get("tokenizer.ggml.eos_token_id", int),
        "pad": config.pad_token_id,
    }
    main = {f"{name}_token": tokens[i] for name, i in ids.items()}
    control = [token for token, i in vocabulary.items() if types[i] == TokenType.CONTROL]
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        additional_special_tokens=[token for token in control if token not in main.values()],
        model_max_length=config.max_position_embeddings,
        chat_template=header.get("tokenizer.chat_template", str, "") or None,
        clean_up_tokenization_spaces=False,
        **main,
    )


def _float32(header: Header, config) -> dict:
    """The weights by their names in a checkpoint, float32 arrays that are independent of the file."""
    import numpy as np
    from gguf import dequantize

    wanted, weights = _tensors(config), {}
    for tensor in header.reader.tensors:
        shape = tuple(int(n) for n in reversed(tensor.shape))
        name, fits = wanted.get(tensor.name, ("", ()))
        if shape != fits:
            raise header.wrong(f"{tensor.name} of shape {shape} has no place in a phi3 model of its size")
        if tensor.tensor_type.name.lower() not in KINDS:
            raise header.wrong(f"{tensor.name} is kept as {tensor.tensor_type.name}; known are {', '.join(KINDS)}")
        weights[name] = np.array(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
    missing = [ours for ours, (theirs, _) in wanted.items() if theirs not in weights]
    if missing:
        raise header.wrong(f"it has no {missing[0]}")
    return weights


def modelfile(file: Path, name: str, system: str | None = None) -> str:
    """The text of an Ollama Modelfile for `file`, to be saved beside it; `ollama create NAME -f Modelfile` reads it.

    `system` is what the model is told before each conversation. Raises CourseError for a text that `block` refuses,
    for a file name that cannot stand in a line, and for a name that Ollama would refuse.
    """
    base = Path(file).name
    if not NAME.fullmatch(name):
        raise CourseError(f"Ollama does not take the name {name!r}: use letters, digits, and - _ . between them.")
    if not base.isprintable() or '"' in base or not base:
        raise CourseError(f"A Modelfile cannot name the file {base!r}: rename it without quotes and line breaks.")
    lines = [f"# ollama create {name} -f Modelfile", f"FROM ./{base}", block("TEMPLATE", TEMPLATE)]
    lines += [f'PARAMETER stop "{stop}"' for stop in STOPS]
    # The likeliest token each time: some versions of Ollama would lower the scores of tokens that were there already.
    lines += ["PARAMETER temperature 0", "PARAMETER repeat_penalty 1"]
    return "\n".join(lines + ([block("SYSTEM", system)] if system else [])) + "\n"


def block(word: str, text: str) -> str:
    """SYSTEM or TEMPLATE with its text, as a Modelfile has it.

    It has no way to escape a quote (https://github.com/ollama/ollama/blob/main/parser/parser.go), so CourseError is
    raised for a text with three double quotes in a row, or with one at its end.
    """
    if '"""' in text or text.endswith('"'):
        raise CourseError(
            f"The {word.lower()} text has three double quotes in a row, or one at its end, which would end it too "
            "early. Use other quotes."
        )
    return f'{word} """{text}"""'


def main(argv: list[str] | None = None) -> int:
    """Write one model as a GGUF file. Returns 1, with the reason on stderr, when it cannot be written."""
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.pico.export.gguf_file", description="Write a GGUF file."
    )
    parser.add_argument("model", help=f"{', '.join(MODELS)}, or a folder with a Phi-3 model and its tokenizer")
    parser.add_argument("file", type=Path)
    parser.add_argument("--kind", choices=KINDS, default="f16")
    args = parser.parse_args(argv)
    try:
        write(args.model, args.file, args.kind)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{args.file}: {args.model} as {args.kind}, {args.file.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
