"""One layer of a language model, drawn from the ONNX graph itself: nothing in the picture is by hand."""

from __future__ import annotations

from html import escape

from course_utils.base import CourseError

from .view import View

WIDTH, ROW, BOX, HIGH = 740, 62, 236, 40  # pixels: the picture, a step down, a box
COLOUR = "var(--jp-content-font-color1, #222)"

# What each operator of a Phi-3 layer does, in few words.
MEANING = {
    "SimplifiedLayerNormalization": "evens out the size of the numbers (RMSNorm)",
    "SkipSimplifiedLayerNormalization": "adds the way around, then evens out (RMSNorm)",
    "MatMul": "multiplies by a table of weights",
    "MatMulNBits": "the same, with weights of few bits",
    "GroupQueryAttention": "attention, positions and KV cache in one",
    "Sigmoid": "squeezes each number between 0 and 1",
    "Mul": "multiplies number by number",
}


class OnnxLayer(View):
    """The operators of one layer of a language model, drawn from its ONNX graph: what they hold, and what flows in."""

    def __init__(self, graph, layer: int = 0):
        start = f"/model/layers.{layer}/"
        self.layer = layer
        self.nodes = [node for node in graph.node if node.name.startswith(start)]
        if not self.nodes:
            raise CourseError(f"This graph has no layer {layer}. Count them from 0.")
        self._start = start
        self._weights = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
        self._maker = {name: node.name for node in self.nodes for name in node.output if name}
        self._place = self._places()

    def text(self) -> str:
        lines = [f"Layer {self.layer}: {len(self.nodes)} operators, from first to last."]
        for node in self.nodes:
            weights = f", weights {self._size(node)}" if self._size(node) else ""
            sources = ", ".join(self._sources(node))
            lines.append(f"  {self._label(node)}: {node.op_type}{weights}. In: {sources}.")
        return "\n".join(lines)

    def html(self) -> str:
        height = max(y for _, y in self._place.values()) + HIGH + 46
        alt = escape(self.text())
        look = f"max-width:100%;width:{WIDTH}px;font-family:sans-serif;color:{COLOUR}"
        arrow = (
            '<marker id="onnx-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0 8 4 0 8z" fill="currentColor"/></marker>'
        )
        parts = [self._edges(node) + self._box(node) for node in self.nodes]
        return (
            f'<svg role="img" aria-label="{alt}" viewBox="0 0 {WIDTH} {height}" style="{look}">'
            f"<defs>{arrow}</defs>{''.join(parts)}{self._end(height)}</svg>"
        )

    def _label(self, node) -> str:
        return node.name.removeprefix(self._start)

    def _size(self, node) -> str:
        """The size of a node's table of weights: rows × columns, with the bits where there are few."""
        numbers = {item.name: item.i for item in node.attribute if item.name in ("K", "N", "bits")}
        if "K" in numbers:
            return f"{numbers['K']} × {numbers['N']}, {numbers['bits']} bits"
        sizes = [self._weights[name] for name in node.input if name in self._weights and "cache" not in name]
        return " × ".join(map(str, sizes[0])) if sizes else ""

    def _sources(self, node) -> list[str]:
        """Where the inputs of a node come from; what comes from outside is named by what it is."""
        found = []
        for name in node.input:
            if name in self._maker:
                found.append(self._maker[name].removeprefix(self._start))
            elif name.startswith("past_key_values"):
                found.append(name)
            elif name and name not in self._weights and "attn_mask" not in name:
                found.append("the stream of the layer before" if self.layer else "the token embeddings")
        return found

    def _places(self) -> dict[str, tuple[int, int]]:
        """The left upper corner of each box. A node stands one row below the lowest node that feeds it."""
        row: dict[str, int] = {}
        for node in self.nodes:
            feeds = [row[self._maker[name]] for name in node.input if self._maker.get(name) in row]
            row[node.name] = max(feeds, default=-1) + 1
        place, middle = {}, WIDTH // 2
        for number in set(row.values()):
            names = [node.name for node in self.nodes if row[node.name] == number]
            for column, name in enumerate(names):
                shift = (column - (len(names) - 1) / 2) * (BOX + 24)
                place[name] = (round(middle - BOX / 2 + shift), 40 + number * ROW)
        return place

    def _box(self, node) -> str:
        x, y = self._place[node.name]
        size = self._size(node)
        note = " ".join(filter(None, [self._label(node).rpartition("/")[0] or self._label(node), size]))
        title = f"<title>{escape(node.op_type)}: {escape(MEANING.get(node.op_type, ''))}</title>"
        dashes = "" if size else ' stroke-dasharray="5 3"'
        return (
            f'<g>{title}<rect x="{x}" y="{y}" width="{BOX}" height="{HIGH}" rx="5" fill="currentColor" '
            f'fill-opacity="0.07" stroke="currentColor"{dashes}/>'
            f"{_words(x + BOX / 2, y + 17, node.op_type, 12, 'bold')}"
            f"{_words(x + BOX / 2, y + 32, note, size=11)}</g>"
        )

    def _edges(self, node) -> str:
        """The arrows into a node: straight from the row above, around the side from further up."""
        x, y = self._place[node.name]
        parts = []
        for source in self._sources(node):
            above = self._place.get(self._start + source)
            if above is None:
                parts.append(self._from_outside(source, x, y))
            elif y - above[1] == ROW:
                parts.append(_line(f"M{above[0] + BOX / 2} {above[1] + HIGH} L{x + BOX / 2} {y}"))
            elif above[0] == x:
                parts.append(self._around(f"M{x} {above[1] + HIGH / 2}", x, y))
            else:
                edge, step, end = (above[0] + BOX, 22, x + BOX) if above[0] > x else (above[0], -22, x)
                parts.append(_line(f"M{edge} {above[1] + HIGH / 2} h{step} V{y + HIGH / 2} H{end}"))
        return "".join(parts)

    def _around(self, start: str, x: float, y: float) -> str:
        """The residual stream: past the operators in between, at the left edge of the picture."""
        words = _words(36, y + 14, "the way around", size=11, anchor="start")
        return _line(f"{start} H30 V{y + HIGH / 2} H{x}") + words

    def _from_outside(self, source: str, x: float, y: float) -> str:
        if source.startswith("past"):
            down = 12 if source.endswith("key") else 28
            arrows = _line(f"M{x - 30} {y + down} H{x}") + _line(f"M{x + BOX} {y + down} h30")
            present = source.replace("past_key_values", "present")
            return (
                arrows
                + _words(x - 36, y + down + 4, source, size=11, anchor="end")
                + _words(x + BOX + 36, y + down + 4, present, size=11, anchor="start")
            )
        if y == 40:
            return _words(x + BOX / 2, 16, source, size=12) + _line(f"M{x + BOX / 2} 22 V{y}")
        return self._around(f"M{WIDTH / 2 - 90} 12", x, y)

    def _end(self, height: int) -> str:
        x, y = self._place[self.nodes[-1].name]
        words = "to the next layer, which adds the way around"
        return _line(f"M{x + BOX / 2} {y + HIGH} v18") + _words(x + BOX / 2, height - 10, words, size=12)


def _words(x: float, y: float, text: str, size=13, weight="normal", anchor="middle") -> str:
    style = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="currentColor"'
    return f'<text x="{x}" y="{y}" {style}>{escape(text)}</text>'


def _line(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="currentColor" marker-end="url(#onnx-arrow)"/>'
