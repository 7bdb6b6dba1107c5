"""One layer of a language model as a table, read from the ONNX graph itself: nothing in it is by hand."""

from course_utils.base import CourseError

from .page import WORDS, Sourced, table

MEANING = WORDS["operators"]  # what each operator of a Phi-3 layer does, in few words
HEAD = ("Step", "Where", "Weights", "Takes in", "What it does")


def onnx_layer(graph, layer: int = 0) -> Sourced:
    """The operators of one layer of an ONNX graph, first to last: what they hold, and what flows in. `layer` counts
    from 0. Raises CourseError for a layer that the graph does not have."""
    start = f"/model/layers.{layer}/"
    nodes = [node for node in graph.node if node.name.startswith(start)]
    if all(node.op_type != "GroupQueryAttention" for node in nodes):  # the final norm counts itself as one more layer
        raise CourseError(f"This graph has no layer {layer}. Count them from 0.")
    weights = {tensor.name: " × ".join(map(str, tensor.dims)) for tensor in graph.initializer}
    maker = {name: f"step {step}" for step, node in enumerate(nodes, 1) for name in node.output if name}
    lines, rows = [f"Layer {layer}: {len(nodes)} operators, from first to last."], []
    for step, node in enumerate(nodes, 1):
        taken = []
        for name in node.input:
            if name in maker or name.startswith("past_key_values"):
                taken.append(maker.get(name, name))
            elif name and name not in weights and "attn_mask" not in name:
                taken.append("the stream of the layer before" if layer else "the token embeddings")
        where, meaning = node.name.removeprefix(start).rpartition("/")[0], MEANING.get(node.op_type, "")
        size, taken = _size(node, weights), ", ".join(taken)
        told = ", ".join(filter(None, (where, meaning, size and f"weights {size}")))
        lines.append(f"  {step} {node.op_type}: {told}. In: {taken}.")
        rows.append((f"{step} {node.op_type}", where, size, taken, meaning))
    return Sourced("\n".join(lines), table(HEAD, rows))


def _size(node, weights: dict[str, str]) -> str:
    """The size of a node's table of weights: rows × columns, with the bits where there are few."""
    numbers = {item.name: item.i for item in node.attribute if item.name in ("K", "N", "bits")}
    if "K" in numbers:
        return f"{numbers['K']} × {numbers['N']}, {numbers['bits']} bits"
    return next((weights[name] for name in node.input if name in weights and "cache" not in name), "")
