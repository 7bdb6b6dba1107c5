"""The models of the page, put beside it: their files, and models.json, which says what they are."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from course_utils.base import CourseError
from course_utils.pico import folder
from course_utils.pico.export import onnx_folder


def models(target: Path, smollm2: bool = False) -> dict:
    """Write models.json and models/ into the folder of the page; returns what models.json says.

    Raises CourseError when a form cannot be built, or the disk does not take it.
    """
    try:
        known = {"pico-mini": _pico(target / "models" / "pico-mini")}
        text = json.dumps(known, indent=1, ensure_ascii=False)
        (target / "models.json").write_text(text, encoding="utf-8")
    except OSError as error:
        raise CourseError(f"The models of the page could not be written to {target}: {error}.") from error
    return known


def _pico(place: Path) -> dict:
    """pico-mini in single precision, exactly as Python has it; its weights are kept as the float16 that they are."""
    place.mkdir(parents=True, exist_ok=True)
    form = onnx_folder("pico-mini", "fp32", progress=False)
    config = json.loads((form / "genai_config.json").read_text(encoding="utf-8"))["model"]
    _lean(form / "model.onnx", place / "model.onnx")
    shutil.copyfile(folder("pico-mini") / "tokenizer.json", place / "tokenizer.json")
    decoder = config["decoder"]
    shape = {"layers": "num_hidden_layers", "heads": "num_key_value_heads", "headSize": "head_size"}
    files = {"model": place / "model.onnx", "tokenizer": place / "tokenizer.json"}
    return {
        "engine": "onnxruntime-web",
        "precision": "float32",
        "bytes": sum(file.stat().st_size for file in files.values()),
        "files": {name: _about(file, place.parents[1]) for name, file in files.items()},
        "template": (form / "chat_template.jinja").read_text(encoding="utf-8"),
        "end": config["eos_token_id"],
        "context": config["context_length"],
        "vocabulary": config["vocab_size"],
        **{ours: decoder[theirs] for ours, theirs in shape.items()},
    }


def _about(file: Path, page: Path) -> dict:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return {"path": file.relative_to(page).as_posix(), "bytes": len(content), "sha256": digest}


def _lean(source: Path, target: Path) -> None:
    """A graph with half the bytes: weights as float16, which the session makes float32 once; the last logits alone."""
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(source)
    graph, casts = model.graph, []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        half = values.astype(np.float16)
        if values.dtype == np.float32 and np.array_equal(half.astype(np.float32), values):
            casts.append(helper.make_node("Cast", [f"{tensor.name}.half"], [tensor.name], to=onnx.TensorProto.FLOAT))
            tensor.CopyFrom(numpy_helper.from_array(half, f"{tensor.name}.half"))
    head = next(node for node in graph.node if "logits" in node.output)
    graph.initializer.append(numpy_helper.from_array(np.array([-1]), "last"))
    pick = helper.make_node("Gather", [head.input[0], "last"], ["hidden.last"], axis=1)
    head.input[0] = "hidden.last"
    nodes = [*casts, *graph.node[:-1], pick, graph.node[-1]]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.save(model, target)
