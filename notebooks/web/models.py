"""The models of the page: their files beside it, and models.json, which says what they are."""

import hashlib
import json
import shutil
from pathlib import Path

from course_utils.base import CourseError, data
from course_utils.models import smollm2 as bigger
from course_utils.pico.export import onnx_folder

EIGHT = data(__file__, "int8.json", translated=False)
FILES = {"model": "model.onnx", "weights": "model.onnx.data", "tokenizer": "tokenizer.json", "webgpu": "webgpu.onnx"}
SHAPE = {"layers": "num_hidden_layers", "heads": "num_key_value_heads", "headSize": "head_size"}


def models(target: Path, smollm2: bool = False) -> dict:
    """Write models.json and models/ into the folder of the page; returns what models.json says. Raises CourseError when
    a form cannot be built, SmolLM2 is not here, or the disk does not take it."""
    try:
        known = {"pico-mini": _put(onnx_folder("pico-mini", "fp32", progress=False), target, "pico-mini", "float32")}
        if smollm2:
            known["smollm2"] = _put(bigger.form("fp32"), target, "smollm2", "int8")
        text = json.dumps(known, indent=1, ensure_ascii=False)
        (target / "models.json").write_text(text, encoding="utf-8")
    except OSError as error:
        raise CourseError(f"The models of the page could not be written to {target}: {error}.") from error
    return known


def _put(form: Path, page: Path, name: str, precision: str) -> dict:
    """Write the files of a model from its ONNX form in single precision; returns what models.json says of it."""
    place = page / "models" / name
    place.mkdir(parents=True, exist_ok=True)
    _convert(form / "model.onnx", place, precision)
    shutil.copyfile(form / "tokenizer.json", place / "tokenizer.json")
    files = {}
    for kind, file in FILES.items():
        if not (place / file).exists():
            continue  # only what is in 8 bits has a graph for a graphics card
        content = (place / file).read_bytes()
        about = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        files[kind] = {"path": f"models/{name}/{file}", **about}
    config = json.loads((form / "genai_config.json").read_text(encoding="utf-8"))["model"]
    end = config["eos_token_id"]
    return {
        "engine": "onnxruntime-web",
        "precision": precision,
        "threads": 1 if precision == "float32" else 4,  # at most; pico's steps are too small to share
        "bytes": sum(file["bytes"] for kind, file in files.items() if kind != "webgpu"),
        "files": files,
        "template": (form / "chat_template.jinja").read_text(encoding="utf-8"),
        "end": end if isinstance(end, list) else [end],
        "context": config["context_length"],
        "vocabulary": config["vocab_size"],
        **{ours: config["decoder"][theirs] for ours, theirs in SHAPE.items()},
    }


def _convert(source: Path, place: Path, precision: str) -> None:
    """Write a graph with fewer bytes and less to do a token. "float32": the weights are kept as the float16 that they
    are, and the session makes them float32 once. "int8": see int8.json; a second graph on the same weights is for a
    graphics card, which has no product of whole numbers."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(source)
    graph, steps = model.graph, list(model.graph.node)
    matrices = {node.input[1] for node in steps if node.op_type == "MatMul"} if precision == "int8" else set()
    sizes = {tensor.name: list(tensor.dims) for tensor in graph.initializer if tensor.name in matrices}
    kept, casts = _weights(graph.initializer, matrices)
    forms = {"model.onnx": _nodes(steps, sizes, "product")}
    if matrices:
        forms["webgpu.onnx"] = _nodes(steps, sizes, "card")
    inputs = [value for value in graph.input if value.name != "attention_mask"]
    inputs += [helper.make_tensor_value_info(n, TensorProto.INT32, s) for n, s in (("past", [1]), ("total", []))]
    tensors = {name: numpy_helper.from_array(values, name) for name, values in kept.items()}
    for file, nodes in forms.items():
        used = {name for node in casts + nodes for name in node.input}
        for field in ("input", "node", "initializer", "value_info"):
            graph.ClearField(field)
        graph.input.extend(inputs)
        graph.node.extend(casts + nodes)
        graph.initializer.extend(tensor for name, tensor in tensors.items() if name in used)
        first = file == "model.onnx"
        onnx.save(model, place / file, save_as_external_data=first, location="model.onnx.data" if first else None)
        # From now on the weights are in that file: the second graph names it, too.
        written = onnx.load(place / file, load_external_data=False).graph.initializer
        tensors |= {tensor.name: tensor for tensor in written}
    (place / "model.onnx.data").chmod(0o644)  # a web server reads it, too


def _weights(tensors, matrices: set[str]) -> tuple[dict, list]:
    """What a graph keeps, by name, with these matrices in 8 bits; and the nodes that make float32 of float16."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    block, casts = EIGHT["block"], []
    kept = {"last": np.array([-1]), "blocks": np.array([0, -1, block])}
    kept |= {name: np.array(number, t) for name, (t, number) in EIGHT["constants"].items()}
    for tensor in tensors:
        name, values = tensor.name, numpy_helper.to_array(tensor)
        half = values.astype(np.float16)
        if name in matrices:
            scale = np.maximum(np.abs(values).max(0), 1e-8) / 127
            kept |= {f"{name}.q": np.rint(values / scale).astype(np.int8), f"{name}.scale": scale}
            kept[f"scales.{len(values)}"] = np.array([1, len(values) // block])
        elif values.dtype == np.float32 and np.array_equal(half.astype(np.float32), values):
            kept[f"{name}.half"] = half
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
        else:
            kept[name] = values
    return kept, casts


def _nodes(steps: list, sizes: dict[str, list[int]], product: str) -> list:
    """The nodes of a graph, with the `product` of int8.json for those of the matrices whose sizes these are."""
    from onnx import NodeProto, helper

    nodes, rounded = [], set()

    def add(part: str, **names) -> None:
        for kind, domain, inputs, output, more in EIGHT[part]:
            inputs = [name.format_map(names) for name in inputs]
            nodes.append(helper.make_node(kind, inputs, [output.format_map(names)], domain=domain, **more))

    for original in steps:
        node = NodeProto()
        node.CopyFrom(original)
        if "attn_mask" in node.output[0] or node.op_type == "Constant":
            continue  # what counts the mask's ones: the page says how long the cache is
        if node.op_type == "GroupQueryAttention":
            node.input[5], node.input[6] = "past", "total"
        if "logits" in node.output:
            nodes.append(helper.make_node("Gather", [node.input[0], "last"], ["hidden"], axis=1))
            node.input[0] = "hidden"
        if node.op_type == "MatMul" and sizes:
            rows, columns = sizes[node.input[1]]
            if product == "product" and node.input[0] not in rounded:
                add("rows", x=node.input[0])
                rounded.add(node.input[0])
            add(product, x=node.input[0], w=node.input[1], y=node.output[0], k=rows)
            if product == "card":
                nodes[-1].attribute.extend(
                    helper.make_attribute(name, number)
                    for name, number in (("K", rows), ("N", columns), ("block_size", EIGHT["block"]))
                )
        elif node.op_type == "Transpose" and sizes:
            head = node.input[0]  # which is the embedding, too
        elif "input_ids" in node.input and sizes:
            add("embedding", w=head, y=node.output[0])
        else:
            nodes.append(node)
    return nodes
