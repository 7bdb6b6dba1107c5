"""Models that clients bring: one GGUF file, or safetensors with their JSON files. Nothing of them is run."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from course_utils.base import CourseError

TAKEN = (".gguf", ".safetensors", ".json", ".jinja")


class Refused(CourseError):
    """A file or a name that the server does not take."""


def checkpoint_from(blobs: dict[str, Path], parent: Path) -> Path:
    """A new checkpoint folder below `parent` from {file name: the file's content}.

    Raises Refused for missing blobs, for names that are paths, and for what is no Phi-3 checkpoint of a modest size.
    """
    for name, blob in blobs.items():
        if Path(name).name != name or not name.endswith(TAKEN):
            raise Refused(f"{name!r} is not taken: give a .gguf, or .safetensors with .json and .jinja files")
        if not blob.is_file():
            raise Refused(f"the content of {name!r} has not been uploaded to /api/blobs yet")
    folder = Path(tempfile.mkdtemp(prefix="model-", dir=parent))
    try:
        if any(name.endswith(".gguf") for name in blobs):
            _unpack(blobs, folder)
        else:
            for name, blob in blobs.items():
                shutil.copyfile(blob, folder / name)
            _check(folder)
    except Exception as error:  # the libraries raise what they like on a file that lies
        shutil.rmtree(folder, ignore_errors=True)
        raise error if isinstance(error, Refused) else Refused(f"the files are no model: {error}") from error
    return folder


def _unpack(blobs: dict[str, Path], folder: Path) -> None:
    from course_utils.pico.export import gguf_file

    if len(blobs) != 1:
        raise Refused("give one .gguf file and nothing beside it")
    gguf_file.read(next(iter(blobs.values())), folder)


def _check(folder: Path) -> None:
    """Refuse what is no Phi-3 checkpoint with a tokenizer, or claims sizes that its weights do not have.

    What the sizes say is believed by the libraries, and costs memory: they have the same limits as in a GGUF's header.
    """
    from safetensors import safe_open

    from course_utils.pico.export.gguf_file import LONGEST_CONTEXT, SIZES

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config.get("architectures") != ["Phi3ForCausalLM"] or not (folder / "tokenizer.json").is_file():
        raise Refused("only Phi3ForCausalLM with its tokenizer.json is taken here")
    for name in (*SIZES, "vocab_size"):
        if type(config.get(name)) is not int or not 1 <= config[name] <= 10**6:
            raise Refused(f"config.json: {name} is {config.get(name)!r}, not a whole number from 1 to 1,000,000")
    hidden, heads, groups = (config[n] for n in ("hidden_size", "num_attention_heads", "num_key_value_heads"))
    if hidden % (2 * heads) or heads % groups:
        raise Refused(f"config.json: {hidden} numbers a token cannot be shared among {heads} heads in {groups} groups")
    if config["max_position_embeddings"] > LONGEST_CONTEXT:
        raise Refused(f"config.json: a context of more than {LONGEST_CONTEXT:,} tokens is not taken here")
    shapes = {}
    for file in folder.glob("*.safetensors"):
        with safe_open(file, "numpy") as tensors:
            shapes |= {name: tensors.get_slice(name).get_shape() for name in tensors.keys()}  # noqa: SIM118
    layers = range(min(config["num_hidden_layers"], len(shapes) + 1))
    expected = {"model.embed_tokens.weight": [config["vocab_size"], hidden]}
    for layer in layers:
        expected[f"model.layers.{layer}.mlp.gate_up_proj.weight"] = [2 * config["intermediate_size"], hidden]
    wrong = next((name for name, shape in expected.items() if shapes.get(name) != shape), None)
    if wrong:
        raise Refused(f"{wrong} in the weights has not the shape that config.json says")
