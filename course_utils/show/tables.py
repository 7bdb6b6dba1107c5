"""Models, services and the layers of a network as cards and tables; each figure has a mark that leads to its source."""

from html import escape

from course_utils.base import CourseError
from course_utils.models import providers
from course_utils.phi import facts

from .family_charts import KIND_NAMES
from .page import BORDER, CELL, LOOK, WORDS, Sourced, numbered, table

ON_CARD = WORDS["on_card"]  # what a card shows, in this order; what is not known is left out
LABELS = WORDS["labels"]  # what is not called by its key
FAINT = "opacity:0.75"
MEANING = WORDS["operators"]  # what each operator of a Phi-3 layer does, in few words
LAYER = ("Step", "Where", "Weights", "Takes in", "What it does")
SERVICE = ("Service", "Status", "Read on", "Base URL", "Key in", "Phi")


def card(*ids: str) -> Sourced:
    """What is known of one or more models, each figure with its source. Raises CourseError for an unknown model."""
    if not ids:
        raise CourseError('Name a model: show.card("phi-3.5-mini").')
    lines, cards, figures = [], "", []
    for model in map(facts.model, ids):
        kind, body = f"{model.maker}, {KIND_NAMES.get(model.kind, model.kind)}", ""
        lines.append(f"{model.name} ({kind})")
        for key in (key for key in ON_CARD if _known(model, key)):
            figures.append(model.figures[key])
            label, value = _label(key), _value(figures[-1])
            lines.append(f"  {label}: {value} [{len(figures)}]")
            body += (
                f'<tr><th scope="row" style="{CELL}{FAINT};font-weight:normal;white-space:nowrap">{label}</th>'
                f'<td style="{CELL}" title="{escape(figures[-1].trace())}">{escape(value)} '
                f"<small>[{len(figures)}]</small></td></tr>"
            )
        look = f"border:{BORDER};border-radius:8px;padding:0.6em 0.9em;max-width:24em;flex:1 1 16em;{LOOK}"
        cards += (
            f'<section aria-label="{escape(model.name)}" style="{look}"><strong>{escape(model.name)}</strong>'
            f'<div style="{FAINT}">{escape(kind)}</div>'
            f'<table style="border-collapse:collapse;margin:0.4em 0;color:inherit">{body}</table></section>'
        )
    return Sourced("\n".join(lines), f'<div style="display:flex;flex-wrap:wrap;gap:0.8em">{cards}</div>', figures)


def models_table(ids, keys) -> Sourced:
    """Some figures of several models: a row a model, a column a figure, each cell with its source. Raises CourseError
    for an unknown model, and where there is nothing to show."""
    models, keys, figures, rows = [facts.model(name) for name in ids], list(keys), [], []
    for model in models:
        cells = []
        for key in keys:
            if _known(model, key):
                figures.append(model.figures[key])
            cells.append(f"{_value(figures[-1])} [{len(figures)}]" if _known(model, key) else "not known here")
        rows.append([model.name, *cells])
    if not figures:
        raise CourseError('Name models and figures that they have: show.table(["phi-4"], ["licence", "context"]).')
    head = [_label(key) for key in keys]
    lines = [f"{name}: {'; '.join(map(' '.join, zip(head, cells, strict=True)))}" for name, *cells in rows]
    return Sourced("\n".join(lines), table(["Model", *head], rows), figures)


def services() -> Sourced:
    """The cloud services of notebook 03: state, day of the check, address, variable of the key, sources."""
    rows = providers.providers()
    cells = [
        (f"{row.name} [{n}]", row.status, row.checked_on, row.base_url, row.key_env or "none", row.phi)
        for n, row in enumerate(rows, 1)
    ]
    lines = ["; ".join(map(": ".join, zip(SERVICE, row, strict=True))) for row in cells]
    lines += ["Sources", *(f"[{n}] {row.trace()}" for n, row in enumerate(rows, 1))]
    return Sourced("\n".join(lines), table(SERVICE, cells) + numbered(map(_read_on, rows)))


def onnx_layer(graph, layer: int = 0) -> Sourced:
    """The operators of one layer of an ONNX graph, read from the graph itself, first to last: what they hold, and what
    flows in. `layer` counts from 0. Raises CourseError for a layer that the graph does not have."""
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
        numbers = {item.name: item.i for item in node.attribute if item.name in ("K", "N", "bits")}
        size = next((weights[name] for name in node.input if name in weights and "cache" not in name), "")
        if "K" in numbers:  # few bits: a table of rows × columns
            size = f"{numbers['K']} × {numbers['N']}, {numbers['bits']} bits"
        taken = ", ".join(taken)
        told = ", ".join(filter(None, (where, meaning, size and f"weights {size}")))
        lines.append(f"  {step} {node.op_type}: {told}. In: {taken}.")
        rows.append((f"{step} {node.op_type}", where, size, taken, meaning))
    return Sourced("\n".join(lines), table(LAYER, rows))


def _read_on(row: providers.Provider) -> str:
    links = "; ".join(f'{escape(s["title"])}, <a href="{escape(s["url"])}">{escape(s["url"])}</a>' for s in row.sources)
    return f"{escape(row.name)}: {links}; read on {row.checked_on}. {escape(row.note)}"


def _label(key: str) -> str:
    return LABELS.get(key, key.replace("_", " ").capitalize())


def _known(model: facts.Model, key: str) -> bool:
    return key in model.figures and model.figures[key].confirmed != "rumour"


def _value(figure: facts.Figure) -> str:
    """The value in words; long lists say how many they are, and a unit that the label has is left out."""
    others = facts.model(figure.model).figures
    if figure.key == "gpu_count" and "gpu" in others:
        return f"{figure.value} × {others['gpu'].value}"
    if isinstance(figure.value, tuple) and len(figure.value) > 3:
        return f"{len(figure.value)}: {figure}"
    if figure.key == "window" and "context" in others and figure.value >= others["context"].value:
        return f"{figure}: none in effect"
    told = str(figure)
    return told.removesuffix(figure.unit).rstrip() if figure.unit in _label(figure.key).casefold() else told
