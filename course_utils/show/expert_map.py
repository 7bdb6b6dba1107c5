"""Which experts read which token: the router's choices in one layer of a mixture of experts."""

from __future__ import annotations

from html import escape

from course_utils.base import CourseError
from course_utils.models.chat import EmptyPrompt

from .pieces import encode, pieces
from .torch_model import network_and_tokenizer
from .view import View

MOST = 40  # tokens: more would not fit on a page


class ExpertMap(View):
    """Rows are tokens, columns are experts; a filled square is an expert that was picked. Layers count from 0."""

    def __init__(self, model, text: str, tokenizer=None, layer: int = 0):
        from course_utils.pico.moe import routes

        network, tokenizer = network_and_tokenizer(model, tokenizer)
        if not hasattr(network.config, "num_local_experts"):
            raise CourseError(f"{type(network).__name__} has no experts. One that has: load('pico-moe').")
        ids = encode(tokenizer, text)[:MOST]
        if not ids:
            raise EmptyPrompt("The text is empty. Write something whose tokens can be sent to experts.")
        self.pieces = pieces(tokenizer, ids)
        self.experts = network.config.num_local_experts
        self._chosen, self._weights = routes(network, ids)  # [layers, tokens, 2] each
        self.layers = len(self._chosen)
        self.layer = 0
        self.set(layer)

    def set(self, layer: int) -> ExpertMap:
        """Show another layer."""
        if not 0 <= layer < self.layers:
            raise CourseError(f"This model has layers 0 to {self.layers - 1}; there is no layer {layer}.")
        self.layer = layer
        if self._widget is not None:
            self._picture.value = self.html()
        return self

    def rows(self) -> list[tuple[str, list[tuple[int, float]]]]:
        """For each token its text and its two experts with their weights, as they are in the layer shown."""
        chosen, weights = self._chosen[self.layer].tolist(), self._weights[self.layer].tolist()
        return [
            (piece.visible, list(zip(pair, strong, strict=True)))
            for piece, pair, strong in zip(self.pieces, chosen, weights, strict=True)
        ]

    def text(self) -> str:
        lines = [f"Layer {self.layer}. Each token and its two experts, with their weights:"]
        for token, pair in self.rows():
            lines.append(f"{token:>14} → " + ", ".join(f"expert {e} ({w:.2f})" for e, w in pair))
        return "\n".join(lines)

    def html(self) -> str:
        caption = f"Layer {self.layer}. A row is a token, a column an expert; ● its first choice, ○ its second."
        look = "margin:0;line-height:1.5;color:var(--jp-content-font-color1, inherit)"
        twin = f"<details><summary>As text</summary><pre>{escape(self.text())}</pre></details>"
        return f'<figure style="{look}"><figcaption>{escape(caption)}</figcaption>{self._svg()}{twin}</figure>'

    def _svg(self) -> str:
        cell, left, top = 26, 110, 26
        rows = self.rows()
        alt = f"Experts of layer {self.layer}. " + "; ".join(
            f"{token}: {pair[0][0]} and {pair[1][0]}" for token, pair in rows[:8]
        )
        parts = [
            f'<svg role="img" aria-label="{escape(alt)}" width="{left + self.experts * cell + 8}"'
            f' height="{top + len(rows) * 20 + 4}" font-size="12" font-family="monospace" fill="currentColor">'
        ]
        for expert in range(self.experts):
            x = left + (expert + 0.5) * cell
            parts.append(f'<text x="{x}" y="{top - 8}" text-anchor="middle">{expert}</text>')
        for i, (token, pair) in enumerate(rows):
            y = top + i * 20
            parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{escape(token[:13])}</text>')
            for expert in range(self.experts):
                x = left + expert * cell
                parts.append(
                    f'<rect x="{x}" y="{y}" width="{cell - 1}" height="19" fill="none" stroke="currentColor" '
                    'stroke-opacity="0.2"/>'
                )
            for place, (expert, weight) in enumerate(pair):
                x = left + (expert + 0.5) * cell - 0.5
                fill = "var(--jp-brand-color1, #1976d2)" if place == 0 else "none"
                title = escape(f"{token}: expert {expert}, weight {weight:.2f}")
                parts.append(
                    f'<circle cx="{x}" cy="{y + 9.5}" r="6.5" fill="{fill}" stroke="var(--jp-brand-color1, #1976d2)" '
                    f'stroke-width="2"><title>{title}</title></circle>'
                )
        return "".join([*parts, "</svg>"])

    def build(self):
        """A slider for the layer, and the map."""
        import ipywidgets as w

        slider = w.IntSlider(value=self.layer, max=self.layers - 1, description="Layer", layout={"width": "330px"})
        slider.add_class("course-experts-layer")
        slider.observe(lambda change: self.set(change["new"]), "value")
        self._picture = w.HTML(self.html())
        return w.VBox([slider, self._picture])
