"""A course model as one GGUF file, for llama.cpp and Ollama, and back into a Transformers checkpoint.

A GGUF file holds all that an engine needs: the shape of the model, the tokenizer, the chat template and the weights.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from course_utils.base import CourseError
from course_utils.pico import folder as course_folder
from course_utils.pico.export import checkpoint_of
from course_utils.pico.tokenizer import load_tokenizer

PRECISIONS = ("f32", "f16", "q8_0")
LARGEST = 64 * 10**6  # bytes of a file that `read` takes
MOST_VALUES = 250_000  # in the header of such a file; 32,000 tokens with types and merges are 160,000
# Ollama runs the template once for each exchange, and ends the last where the answer begins.
TEMPLATE = (
    "{{ if .System }}<|system|>\n{{ .System }}<|end|>\n{{ end }}"
    "{{ if .Prompt }}<|user|>\n{{ .Prompt }}<|end|>\n{{ end }}<|assistant|>\n{{ .Response }}<|end|>\n"
)
STOPS = ("<|end|>", "<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>")
# The likeliest token each time: some versions of Ollama would lower the scores of tokens that were there already.
PARAMETERS = {"stop": list(STOPS), "temperature": 0, "repeat_penalty": 1}


def _shortest(number: float) -> float:
    """GGUF keeps numbers in single precision. The shortest decimal that one stands for is what was meant."""
    import numpy as np

    return float(str(np.float32(number)))


Count = Annotated[int, Field(ge=1, le=10**6)]
Number = Annotated[float, Field(gt=0, lt=1e9), AfterValidator(_shortest)]
Id = Annotated[int, Field(ge=0)]


class Shape(BaseModel):
    """What is called the same in config.json, with its key in GGUF, its type and its bounds."""

    model_config = ConfigDict(strict=True, populate_by_name=True, allow_inf_nan=False)

    max_position_embeddings: int = Field(alias="phi3.context_length", ge=1, le=131_072)  # as many as Phi-3 at most
    hidden_size: Count = Field(alias="phi3.embedding_length")
    num_hidden_layers: int = Field(alias="phi3.block_count", ge=1, le=128)
    intermediate_size: Count = Field(alias="phi3.feed_forward_length")
    num_attention_heads: Count = Field(alias="phi3.attention.head_count")
    num_key_value_heads: Count = Field(alias="phi3.attention.head_count_kv")
    vocab_size: Count = Field(alias="phi3.vocab_size")
    rms_norm_eps: Number = Field(alias="phi3.attention.layer_norm_rms_epsilon")
    bos_token_id: Id = Field(alias="tokenizer.ggml.bos_token_id")
    pad_token_id: Id = Field(alias="tokenizer.ggml.padding_token_id")


class Header(Shape):
    """All keys of a GGUF header that `write` writes and `read` wants."""

    architecture: Literal["phi3"] = Field("phi3", alias="general.architecture")
    rope_theta: Number = Field(alias="phi3.rope.freq_base")
    rope_dimensions: Count = Field(alias="phi3.rope.dimension_count")
    rope_scaling: Literal["none"] = Field("none", alias="phi3.rope.scaling.type")
    sliding_window: Literal[0] = Field(0, alias="phi3.attention.sliding_window")  # each token sees all before it
    tokenizer: Literal["gpt2"] = Field(alias="tokenizer.ggml.model")  # byte-level BPE
    # llama.cpp keeps the patterns of pre-tokenizers in its code, under names. This one has that of the pico models:
    # https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_QWEN2.
    pattern: Literal["qwen2"] = Field(alias="tokenizer.ggml.pre")
    tokens: list[str] = Field(alias="tokenizer.ggml.tokens")
    types: list[int] = Field(alias="tokenizer.ggml.token_type")
    merges: list[str] = Field(alias="tokenizer.ggml.merges")
    eos: Id = Field(alias="tokenizer.ggml.eos_token_id")  # ends a text
    eot: Id | None = Field(None, alias="tokenizer.ggml.eot_token_id")  # ends a turn, if something else does
    add_bos: Literal[False] = Field(False, alias="tokenizer.ggml.add_bos_token")
    chat_template: str = Field("", alias="tokenizer.chat_template")

    @model_validator(mode="after")
    def _fits_together(self) -> Header:
        size, left = divmod(self.hidden_size, self.num_attention_heads)
        if left or size % 2 or self.num_attention_heads % self.num_key_value_heads or self.rope_dimensions > size:
            raise ValueError(f"{self.hidden_size} numbers a token cannot be shared among the heads it names")
        if self.vocab_size != len(self.tokens):
            raise ValueError(f"its vocabulary has {len(self.tokens)} tokens, not {self.vocab_size}")
        if max(self.bos_token_id, self.pad_token_id, self.eos, self.eot or 0) >= len(self.tokens):
            raise ValueError("a special token is not in its vocabulary")
        return self


def write(model: str | Path, file: Path, precision: str = "f16") -> Path:
    """Write a model as a GGUF file of architecture phi3; returns `file`.

    `model` is a course model's name, or a folder in which `save_pretrained` has put a Phi3ForCausalLM with the pico
    models' tokenizer. `precision` is how the matrices are kept: "f32", "f16" or "q8_0", which is 32, 16 or 8.5 bits a
    weight; the norms are f32 in each. The file appears when it is whole. Raises CourseError for a model that GGUF's
    phi3 cannot say, and when the disk does not take the file.
    """
    if precision not in PRECISIONS:
        raise CourseError(f"There is no precision {precision!r}. A GGUF file has one of: {', '.join(PRECISIONS)}.")
    checkpoint, file = checkpoint_of(model), Path(file)
    header, config = _header_of(checkpoint)
    weights = _weights_of(checkpoint, config)
    for name, values in weights.items():
        if precision == "q8_0" and values.shape[-1] % 32:
            raise CourseError(f"q8_0 packs 32 weights together; a row of {name} has {values.shape[-1]}. Use f16.")
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(part, checkpoint.name, header, weights, precision)
            os.replace(part, file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise CourseError(f"{file} could not be written: {error}. Free some space, or name another file.") from error
    return file


def _header_of(checkpoint: Path) -> tuple[Header, Any]:
    """The header of a model's file, and its configuration. Raises CourseError for what phi3 in GGUF cannot say."""
    from transformers import AutoConfig

    config, tokenizer = AutoConfig.from_pretrained(checkpoint, local_files_only=True), load_tokenizer(checkpoint)
    if config.architectures != ["Phi3ForCausalLM"]:
        raise CourseError(f"{checkpoint} holds {config.architectures}; only Phi3ForCausalLM is written as GGUF here.")
    if _cutting(tokenizer) != _cutting(load_tokenizer()) or len(tokenizer) > config.vocab_size:
        raise CourseError(f"The tokenizer in {checkpoint} cuts text in another way than the pico models' own.")
    size, rope = config.hidden_size // config.num_attention_heads, config.rope_parameters
    stops = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
    turn_ends = [stop for stop in stops if stop != tokenizer.eos_token_id]
    try:
        header = Header(
            **{name: getattr(config, name) for name in Shape.model_fields},
            rope_theta=float(rope["rope_theta"]),
            rope_dimensions=int(size * rope.get("partial_rotary_factor", 1.0)),
            sliding_window=0,
            tokenizer="gpt2",
            pattern="qwen2",
            **_vocabulary(tokenizer, config.vocab_size),
            eos=tokenizer.eos_token_id,
            **({"eot": turn_ends[0]} if turn_ends else {}),
            add_bos=False,
            chat_template=tokenizer.chat_template or "",
        )
    except ValidationError as error:
        raise CourseError(f"{checkpoint} is not written as GGUF here: {_first(error)}.") from error
    again = _config_from(header, config.tie_word_embeddings)
    for name in ("rope_parameters", "hidden_act", "sliding_window", "eos_token_id", "bos_token_id", "pad_token_id"):
        if getattr(config, name) != getattr(again, name):
            raise CourseError(f"{checkpoint} has {name} = {getattr(config, name)}, which is not written as GGUF here.")
    return header, config


def _cutting(tokenizer) -> list:
    """What decides how a tokenizer cuts a text."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    return [state[part] for part in ("normalizer", "pre_tokenizer", "model", "added_tokens")]


def _vocabulary(tokenizer, size: int) -> dict[str, list]:
    """The tokens in the order of their ids, with their types, and the merges; filled up to as many as `size` ids."""
    from gguf import TokenType

    state = json.loads(tokenizer.backend_tokenizer.to_str())
    tokens = [f"[PAD{i}]" for i in range(size)]
    types = [int(TokenType.UNUSED)] * size
    for token, i in tokenizer.get_vocab().items():
        tokens[i], types[i] = token, int(TokenType.NORMAL)
    for added in state["added_tokens"]:
        types[added["id"]] = int(TokenType.CONTROL)
    return {"tokens": tokens, "types": types, "merges": [" ".join(pair) for pair in state["model"]["merges"]]}


def _tensors(config) -> dict[str, tuple[str, tuple[int, ...]]]:
    """For each tensor of the GGUF file, by its name there: its name in the checkpoint, and its shape."""
    import torch
    from gguf import MODEL_ARCH, get_tensor_name_map
    from transformers import Phi3ForCausalLM

    with torch.device("meta"):  # shapes without weights; a tied output is not listed: llama.cpp takes the embeddings
        named = list(Phi3ForCausalLM(config).named_parameters())
    names = get_tensor_name_map(MODEL_ARCH.PHI3, config.num_hidden_layers)
    return {names.get_name(name, (".weight",)): (name, tuple(weights.shape)) for name, weights in named}


def _weights_of(checkpoint: Path, config) -> dict:
    """The weights by their GGUF names, float32 arrays. Raises CourseError when they do not fit the configuration."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    stored, tensors = {}, _tensors(config)
    try:
        for part in sorted(checkpoint.glob("*.safetensors")):
            stored |= load_file(part)
    except (SafetensorError, OSError) as error:
        raise CourseError(f"The weights in {checkpoint} cannot be read: {error}. Save the model again.") from error
    if dict(tensors.values()) != {name: tuple(weights.shape) for name, weights in stored.items()}:
        raise CourseError(f"The weights in {checkpoint} are not those of its config.json: save the whole model again.")
    return {ours: stored[theirs].float().numpy() for ours, (theirs, _) in tensors.items()}


def _write(file: Path, name: str, header: Header, weights: dict, precision: str) -> None:
    from gguf import GGML_QUANT_VERSION, GGMLQuantizationType, GGUFWriter, LlamaFileType, quantize

    writer = GGUFWriter(file, header.architecture)
    writer.add_name(name)
    writer.add_file_type(LlamaFileType["ALL_F32" if precision == "f32" else f"MOSTLY_{precision.upper()}"])
    writer.add_quantization_version(GGML_QUANT_VERSION)
    adders = {bool: writer.add_bool, int: writer.add_uint32, float: writer.add_float32, str: writer.add_string}
    for key, value in header.model_dump(by_alias=True, exclude_unset=True).items():
        adders.get(type(value), writer.add_array)(key, value)
    for tensor, values in weights.items():
        stored = GGMLQuantizationType["F32" if values.ndim == 1 else precision.upper()]
        writer.add_tensor(tensor, quantize(values, stored), raw_dtype=stored)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def read(file: Path, folder: Path) -> Path:
    """Turn a GGUF file that `write` could have written into a checkpoint in `folder`, which is made; returns `folder`.

    The weights become float32. The file is taken as data: it is measured and checked, and nothing in it is run.
    Raises CourseError for what is no GGUF file, another architecture or tokenizer, weights in another precision, a
    damaged or truncated file, one over 64 MB, a folder that is not empty, and errors of the disk.
    """
    file, folder = Path(file), Path(folder)
    _check_first(file, folder)
    try:
        reader = _reader(file)
    except (ValueError, KeyError, IndexError, OverflowError, TypeError, MemoryError) as error:
        raise CourseError(f"{file.name} is damaged or was cut off: {error}. Copy or write it again.") from error
    try:
        header = _header_in(reader)
        config = _config_from(header, tied="output.weight" not in (tensor.name for tensor in reader.tensors))
        weights = _weights_in(reader, config)
    except ValueError as error:
        raise CourseError(f"{file.name} holds no model that the course reads: {error}.") from error
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="reading-", dir=folder.parent) as work:
            _save(Path(work) / "checkpoint", config, weights, header.chat_template)
            if folder.is_dir():
                folder.rmdir()
            (Path(work) / "checkpoint").rename(folder)
    except OSError as error:
        raise CourseError(f"{file.name} could not be turned into {folder}: {error}.") from error
    return folder


def _check_first(file: Path, folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CourseError(f"There is something in {folder} already: name a new folder.")
    if not file.is_file():
        raise CourseError(f"There is no file {file}.")
    size = file.stat().st_size
    if size > LARGEST:
        raise CourseError(f"{file.name} has {size / 1e6:.1f} MB; the course reads {LARGEST / 1e6:.0f} MB.")
    with file.open("rb") as opened:
        if opened.read(4) != b"GGUF":
            raise CourseError(f"{file.name} is no GGUF file: it does not begin with the letters GGUF.")


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


def _header_in(reader) -> Header:
    """The header of a file. Raises ValueError, with the key and what is wrong with it."""
    values = {}
    for key in (field.alias for field in Header.model_fields.values()):
        try:
            values |= {key: reader.fields[key].contents()} if key in reader.fields else {}
        except (ValueError, IndexError) as error:
            raise ValueError(f"{key} cannot be read ({error})") from error
    try:
        header = Header.model_validate(values)
    except ValidationError as error:
        raise ValueError(_first(error)) from error
    for part, expected in _vocabulary(load_tokenizer(), max(len(header.tokens), 2048)).items():
        if getattr(header, part) != expected:
            raise ValueError(f"its tokenizer is not that of the pico models ({part})")
    return header


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, with its key."""
    first = error.errors()[0]
    return ": ".join([*map(str, first["loc"]), first["msg"].removeprefix("Value error, ")])


def _config_from(header: Header, tied: bool):
    from transformers import Phi3Config

    rotated = header.rope_dimensions / (header.hidden_size // header.num_attention_heads)
    rope = {"rope_type": "default", "rope_theta": header.rope_theta, "partial_rotary_factor": rotated}
    return Phi3Config(
        **header.model_dump(include=set(Shape.model_fields)),
        architectures=["Phi3ForCausalLM"],
        dtype="float32",
        original_max_position_embeddings=header.max_position_embeddings,
        rope_parameters=rope,
        sliding_window=None,
        tie_word_embeddings=tied,
        eos_token_id=header.eos if header.eot is None else [header.eot, header.eos],
    )


def _weights_in(reader, config) -> dict:
    """The weights by their names in a checkpoint, float32 arrays that are independent of the file."""
    import numpy as np
    from gguf import dequantize

    tensors, weights = _tensors(config), {}
    for tensor in reader.tensors:
        shape, kept = tuple(int(n) for n in reversed(tensor.shape)), tensor.tensor_type
        name, fits = tensors.get(tensor.name, ("", ()))
        if shape != fits:
            raise ValueError(f"{tensor.name} of shape {shape} has no place in a phi3 model of its size")
        if kept.name.lower() not in PRECISIONS:
            raise ValueError(f"{tensor.name} is kept as {kept.name}; known are {', '.join(PRECISIONS)}")
        weights[name] = np.array(dequantize(tensor.data, kept), dtype=np.float32)
    missing = [ours for ours, (theirs, _) in tensors.items() if theirs not in weights]
    if missing:
        raise ValueError(f"it has no {missing[0]}")
    return weights


def _save(checkpoint: Path, config, weights: dict, chat_template: str) -> None:
    from safetensors.numpy import save_file
    from transformers import GenerationConfig

    checkpoint.mkdir()
    save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(checkpoint)
    special = {name: getattr(config, name) for name in ("bos_token_id", "pad_token_id", "eos_token_id")}
    GenerationConfig(**special).save_pretrained(checkpoint)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(course_folder() / name, checkpoint / name)
    (checkpoint / "chat_template.jinja").write_text(chat_template, encoding="utf-8")


def modelfile(
    source: str, system: str = "", template: str = TEMPLATE, parameters: Mapping[str, Any] = PARAMETERS
) -> str:
    """The text of an Ollama Modelfile; `ollama create NAME -f Modelfile` reads it.

    `source` is a model's name, or a GGUF file as "./mine.gguf"; `system` is what the model is told before each
    conversation; a parameter with a list of values gets a line for each. A Modelfile has no way to escape a quote
    (https://github.com/ollama/ollama/blob/main/parser/parser.go), so CourseError is raised for a text with three
    double quotes in a row, and for a source that cannot stand in a line.
    """
    if not source or not source.isprintable() or '"' in source:
        raise CourseError(f"A Modelfile cannot name {source!r}: rename it without quotes and line breaks.")
    if '"""' in system + template:
        raise CourseError("The text has three double quotes in a row, which would end it. Use other quotes.")
    for name in parameters:
        if not name.isidentifier():
            raise CourseError(f"{name!r} is no name of a parameter.")
    lines = [f"FROM {source}", f'TEMPLATE """{template}"""']
    for name, value in parameters.items():
        for one in value if isinstance(value, list) else [value]:
            lines.append(f"PARAMETER {name} {json.dumps(one, ensure_ascii=False)}")
    return "\n".join(lines + ([f'SYSTEM """{system}"""'] if system else [])) + "\n"
