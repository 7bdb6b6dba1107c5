"""A course model as one GGUF file, for llama.cpp and Ollama, and back into a Transformers checkpoint. A GGUF file holds
all that an engine needs: the shape of the model, the tokenizer, the chat template and the weights."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course_utils.base import CourseError, data
from course_utils.pico import folder as course_folder
from course_utils.pico.export import checkpoint_of
from course_utils.pico.tokenizer import load_tokenizer

PRECISIONS = ("f32", "f16", "q8_0")  # that `read` takes back; `write` also makes "q4_0"
LARGEST = 64 * 10**6  # bytes of a file that `read` takes
MOST_NUMBERS = 2**28  # that an engine holds for a whole context, of one kind: in 32 bits a gigabyte
MOST_VALUES = 250_000  # in the header of such a file; 32,000 tokens with types and merges are 160,000
_DATA = data(__file__, "gguf_file.json")  # what is what stands there too
SIZES, TEMPLATE, PARAMETERS = _DATA["sizes"], _DATA["template"], _DATA["parameters"]
STOPS = PARAMETERS["stop"]


def write(model: str | Path, file: Path, precision: str = "f16") -> Path:
    """Write a model as a GGUF file of architecture phi3; returns `file`. `model` is a course model's name, or a folder
    in which `save_pretrained` has put one of yours that differs from pico-mini in its sizes and weights. `precision` is
    how the matrices are kept: "f32", "f16", "q8_0" or "q4_0", which is 32, 16, 8.5 or 4.5 bits a weight; the norms are
    f32 in each. The file appears when it is whole. Raises CourseError for a model that differs otherwise, and when the
    disk does not take the file."""
    from transformers import AutoConfig

    if precision not in (known := (*PRECISIONS, "q4_0")):
        raise CourseError(f"There is no precision {precision!r}. A GGUF file has one of: {', '.join(known)}.")

    checkpoint, file = checkpoint_of(model), Path(file)
    config, tokenizer = AutoConfig.from_pretrained(checkpoint, local_files_only=True), load_tokenizer(checkpoint)
    try:
        ours = _config(config.to_dict())
    except ValueError as error:
        raise CourseError(f"{checkpoint} is not written as GGUF here: {error}.") from error
    for name in _DATA["fixed"]:
        if getattr(config, name) != getattr(ours, name):
            raise CourseError(f"{checkpoint} has {name} = {getattr(config, name)}, which is not written as GGUF here.")
    if _cutting(tokenizer) != _cutting(load_tokenizer()) or len(tokenizer) > config.vocab_size:
        raise CourseError(f"The tokenizer in {checkpoint} cuts text in another way than the pico models' own.")
    if precision.startswith("q") and (config.hidden_size % 32 or config.intermediate_size % 32):
        why = f"{precision} packs 32 weights together, and a row of this model is no multiple of 32"
        raise CourseError(f"{why}. Use f16.")
    weights = _weights_of(checkpoint, ours)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(part, checkpoint.name, _header(ours, tokenizer.chat_template or ""), weights, precision)
            os.replace(part, file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise CourseError(f"{file} could not be written: {error}. Free some space, or name another file.") from error
    return file


def write_random(checkpoint: Path, file: Path, precision: str) -> Path:
    """Write a model whose weights mean nothing, to time it: a Phi-3 whose head may be a table of its own."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(checkpoint, local_files_only=True)
    header = _header(_config(config.to_dict()), "")
    _write(file, checkpoint.name, header, _weights_of(checkpoint, config), precision)
    return file


def _config(settings: Mapping[str, Any]):
    """The configuration of pico-mini with the SIZES in `settings`, and weights in float32. Raises ValueError."""
    from transformers import Phi3Config

    for name, (_, most) in SIZES.items():
        value = settings.get(name)
        if type(value) is not int or not 1 <= value <= most:
            raise ValueError(f"{name} is {value!r}, and not a number from 1 to {most:,}")
    width, heads = settings["hidden_size"], settings["num_attention_heads"]
    if width % (2 * heads) or heads % settings["num_key_value_heads"]:
        raise ValueError(f"{width} numbers a token cannot be shared among the heads it names")
    cache = 2 * settings["num_hidden_layers"] * width // heads * settings["num_key_value_heads"]
    widest = max(cache, width, 2 * settings["intermediate_size"], settings["vocab_size"])
    if (context := settings["max_position_embeddings"]) * widest > MOST_NUMBERS:
        raise ValueError(f"a context of {context:,} tokens, with {widest:,} numbers each, is too large for the course")
    ours = json.loads((course_folder() / "config.json").read_text(encoding="utf-8"))
    ours |= {name: settings[name] for name in SIZES} | {"dtype": "float32"}
    return Phi3Config.from_dict(ours | {"original_max_position_embeddings": ours["max_position_embeddings"]})


def _header(config, chat_template: str) -> dict[str, Any]:
    """All keys of a file with their values, besides the architecture. Floats are such as single precision keeps."""
    import numpy as np

    turn_end, text_end = config.eos_token_id
    return {
        **{key: getattr(config, name) for name, (key, _) in SIZES.items()},
        "phi3.attention.layer_norm_rms_epsilon": float(np.float32(config.rms_norm_eps)),
        "phi3.rope.freq_base": float(np.float32(config.rope_parameters["rope_theta"])),
        "phi3.rope.dimension_count": config.hidden_size // config.num_attention_heads,
        **_DATA["keys"],
        **_vocabulary(config.vocab_size),
        "tokenizer.ggml.bos_token_id": config.bos_token_id,
        "tokenizer.ggml.padding_token_id": config.pad_token_id,
        "tokenizer.ggml.eos_token_id": text_end,
        "tokenizer.ggml.eot_token_id": turn_end,
        "tokenizer.chat_template": chat_template,
    }


def _cutting(tokenizer) -> list:
    """What decides how a tokenizer cuts a text."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    return [state[part] for part in ("normalizer", "pre_tokenizer", "model", "added_tokens")]


def _vocabulary(size: int) -> dict[str, list]:
    """The pico models' tokens in the order of their ids, with their types, and the merges; filled up to `size` ids."""
    from gguf import TokenType

    tokenizer = load_tokenizer()
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    special = {added["id"] for added in state["added_tokens"]}
    known = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    types = [TokenType.CONTROL if i in special else TokenType.NORMAL for i in range(len(known))]
    spare = range(len(known), size)
    return {
        "tokenizer.ggml.tokens": known + [f"[PAD{i}]" for i in spare],
        "tokenizer.ggml.token_type": [int(kind) for kind in types] + [int(TokenType.UNUSED) for _ in spare],
        "tokenizer.ggml.merges": [" ".join(pair) for pair in state["model"]["merges"]],
    }


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

    tensors = _tensors(config)
    try:
        stored = load_file(checkpoint / "model.safetensors")
    except (SafetensorError, OSError) as error:
        raise CourseError(f"The weights in {checkpoint} cannot be read: {error}. Save the model again.") from error
    if dict(tensors.values()) != {name: tuple(weights.shape) for name, weights in stored.items()}:
        raise CourseError(f"The weights in {checkpoint} are not those of its config.json: save the whole model again.")
    return {ours: stored[theirs].float().numpy() for ours, (theirs, _) in tensors.items()}


def _write(file: Path, name: str, header: dict[str, Any], weights: dict, precision: str) -> None:
    from gguf import GGML_QUANT_VERSION, GGMLQuantizationType, GGUFWriter, LlamaFileType, quantize

    writer = GGUFWriter(file, "phi3")
    writer.add_name(name)
    writer.add_file_type(LlamaFileType["ALL_F32" if precision == "f32" else f"MOSTLY_{precision.upper()}"])
    writer.add_quantization_version(GGML_QUANT_VERSION)
    adders = {bool: writer.add_bool, int: writer.add_uint32, float: writer.add_float32, str: writer.add_string}
    for key, value in header.items():
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
    The weights become float32. The file is taken as data: it is measured and checked, and nothing in it is run, nor
    anything kept of one that is refused. Raises CourseError for what is no such file, or is damaged, cut off, or larger
    than 64 MB."""
    from safetensors.numpy import save_file

    if folder.is_dir() and any(folder.iterdir()):
        raise CourseError(f"There is something in {folder} already: name a new folder.")
    if file.stat().st_size > LARGEST:
        raise CourseError(f"The file has {file.stat().st_size / 1e6:.1f} MB; the course reads {LARGEST / 1e6:.0f} MB.")
    try:
        reader = _reader(file)
        config, template = _config_in(reader)
        weights = _weights_in(reader, config)
    except (ValueError, KeyError, IndexError, OverflowError, TypeError, MemoryError, NotImplementedError) as error:
        raise CourseError(f"This is no GGUF file that the course reads, or it was cut off: {error}.") from error
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        shutil.copyfile(course_folder() / name, folder / name)
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return folder


def _reader(file: Path):
    """The library's reader, with two checks that it lacks: that a value lies in the file, and how many there are.
    Without them a file of 60 bytes can keep it busy for ever. Raises ValueError, and what the library raises."""
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

    return Reader(file)


def _config_in(reader) -> tuple:
    """The configuration and the chat template in a file. Raises ValueError, with the key and what is wrong with it."""
    values = {key: field.contents() for key, field in reader.fields.items()}
    if values.get("general.architecture") != "phi3":
        raise ValueError(f"its architecture is {values.get('general.architecture')!r}, and not 'phi3'")
    config = _config({name: values.get(key) for name, (key, _) in SIZES.items()})
    template = str(values.get("tokenizer.chat_template", ""))
    expected = _header(config, template)
    for key in sorted(expected.keys() | {key for key in values if key.startswith("phi3.")}):
        if values.get(key) != expected.get(key):
            raise ValueError(f"{key} is not what the course writes")
    return config, template


def _weights_in(reader, config) -> dict:
    """The weights by their names in a checkpoint, float32 arrays that are independent of the file."""
    import numpy as np
    from gguf import dequantize

    tensors = _tensors(config)
    expected = {ours: shape for ours, (_, shape) in tensors.items()}
    found = {tensor.name: tuple(int(n) for n in reversed(tensor.shape)) for tensor in reader.tensors}
    wrong = sorted(expected.items() ^ found.items())
    if wrong:
        name, shape = wrong[0]
        raise ValueError(f"{name} of shape {shape} is missing, or has no place in a phi3 model of its size")
    return {
        tensors[tensor.name][0]: np.array(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        for tensor in reader.tensors
    }


def modelfile(
    source: str, system: str = "", template: str = TEMPLATE, parameters: Mapping[str, Any] = PARAMETERS
) -> str:
    """The text of an Ollama Modelfile; `ollama create NAME -f Modelfile` reads it. `source` is a model's name, or a
    GGUF file as "./mine.gguf"; `system` is what the model is told before each conversation; a parameter with a list of
    values gets a line for each. A Modelfile has no way to escape a quote
    (https://github.com/ollama/ollama/blob/main/parser/parser.go), so CourseError is raised for a text with three double
    quotes in a row, and for a source that cannot stand in a line."""
    if not source or not source.isprintable() or '"' in source:
        raise CourseError(f"A Modelfile cannot name {source!r}: rename it without quotes and line breaks.")
    if '"""' in system + template:
        raise CourseError("The text has three double quotes in a row, which would end it. Use other quotes.")
    lines = [f"FROM {source}", f'TEMPLATE """{template}"""']
    for name, value in parameters.items():
        if not name.isidentifier():
            raise CourseError(f"{name!r} is no name of a parameter.")
        for one in value if isinstance(value, list) else [value]:
            lines.append(f"PARAMETER {name} {json.dumps(one, ensure_ascii=False)}")
    return "\n".join(lines + ([f'SYSTEM """{system}"""'] if system else [])) + "\n"
