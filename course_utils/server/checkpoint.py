"""Models that clients bring: one GGUF file, or safetensors with their JSON files. Nothing of them is run."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from course_utils.base import CourseError

TAKEN = (".gguf", ".safetensors", ".json", ".jinja")


class Refused(CourseError):
    """A file or a name that the server does not take. `status` is that of the answer."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status


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

    from course_utils.pico.export.gguf_file import checked_sizes

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config.get("architectures") != ["Phi3ForCausalLM"] or not (folder / "tokenizer.json").is_file():
        raise Refused("only Phi3ForCausalLM with its tokenizer.json is taken here")
    try:
        size = checked_sizes(config)
    except ValueError as error:
        raise Refused(f"config.json: {error}") from error
    shapes = {}
    for file in folder.glob("*.safetensors"):
        with safe_open(file, "numpy") as tensors:
            shapes |= {name: tensors.get_slice(name).get_shape() for name in tensors.keys()}  # noqa: SIM118
    expected = {"model.embed_tokens.weight": [size["vocab_size"], size["hidden_size"]]}
    for layer in range(size["num_hidden_layers"]):
        matrix = [2 * size["intermediate_size"], size["hidden_size"]]
        expected[f"model.layers.{layer}.mlp.gate_up_proj.weight"] = matrix
    wrong = next((name for name, shape in expected.items() if shapes.get(name) != shape), None)
    if wrong:
        raise Refused(f"{wrong} in the weights has not the shape that config.json says")
