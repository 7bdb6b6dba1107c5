"""Which token looks at which: the attention weights of one layer and head, with and without a sliding window.

The weights are the model's own. The window is not painted over them: the model runs again with that window.
"""

from __future__ import annotations

from html import escape

from course_utils.base import CourseError
from course_utils.models.chat import EmptyPrompt

from .pieces import Piece, encode, pieces
from .torch_model import network_and_tokenizer
from .view import View

MOST = 40  # tokens: more would not fit on a page


class AttentionMap(View):
    """Rows look at columns. `layer` and `head` count from 0; `window` is in tokens, or None for all."""

    def __init__(self, model, text: str, tokenizer=None, layer: int = 0, head: int = 0, window: int | None = None):
        self._network, tokenizer = network_and_tokenizer(model, tokenizer)
        ids = encode(tokenizer, text)
        if not ids:
            raise EmptyPrompt("The text is empty. Write something whose tokens can look at each other.")
        self.left_out = max(len(ids) - MOST, 0)
        self._ids = ids[:MOST]
        self.pieces: list[Piece] = pieces(tokenizer, self._ids)
        self._maps = {}  # by window: one forward pass each
        self.layers, self.heads = self.weights_of(None).shape[:2]
        self.layer, self.head, self.window = 0, 0, None
        self._syncing = False  # True while `set` moves the controls, and not the learner
        self.set(layer=layer, head=head, window=window)

    def set(self, layer: int | None = None, head: int | None = None, window: int | None = None) -> AttentionMap:
        """Choose layer, head and window (None leaves layer and head, and switches the window off)."""
        for name, value, count in (("layer", layer, self.layers), ("head", head, self.heads)):
            if value is not None and not 0 <= value < count:
                raise CourseError(f"This model has {name}s 0 to {count - 1}; there is no {name} {value}.")
        if window is not None and window < 1:
            raise CourseError(f"A window of {window} tokens would see nothing. The smallest is 1.")
        self.layer = self.layer if layer is None else layer
        self.head = self.head if head is None else head
        self.window = window
        self._redraw()
        return self

    def weights_of(self, window: int | None):
        """All weights, [layers, heads, tokens, tokens]: row i is what token i takes from each."""
        import torch

        if window not in self._maps:
            config = self._network.config
            before = config._attn_implementation, getattr(config, "sliding_window", None)
            try:
                self._network.set_attn_implementation("eager")  # the only one that hands out its weights
                config.sliding_window = window
                with torch.no_grad():
                    ids = torch.tensor([self._ids], device=self._network.device)
                    output = self._network(ids, output_attentions=True, use_cache=False)
            finally:
                config.sliding_window = before[1]
                self._network.set_attn_implementation(before[0])
            self._maps[window] = torch.cat(output.attentions).float().cpu()
        return self._maps[window]

    @property
    def weights(self):
        """The weights now shown, [tokens, tokens]."""
        return self.weights_of(self.window)[self.layer, self.head]

    def strongest(self) -> list[tuple[str, str, float]]:
        """For each token: its text, the text of the token it looks at most, and that weight."""
        best = self.weights.max(dim=-1)
        return [
            (piece.visible, self.pieces[place].visible, weight)
            for piece, place, weight in zip(self.pieces, best.indices.tolist(), best.values.tolist(), strict=True)
        ]

    def _title(self) -> str:
        scope = "the whole text" if self.window is None else f"a window of {self.window} tokens"
        return f"Layer {self.layer}, head {self.head}, over {scope}"

    def text(self) -> str:
        """The strongest link of each token."""
        lines = [f"{self._title()}. Each token and the one it looks at most:"]
        lines += [f"{token:>14} → {other} ({weight:.0%})" for token, other, weight in self.strongest()]
        lines += [f"({self.left_out} more tokens are left out.)"] if self.left_out else []
        return "\n".join(lines)

    def html(self) -> str:
        """The map as SVG, with the text twin folded below it."""
        caption = (
            f"{self._title()}. A row is a token; the fuller the square, the more it takes from that column. "
            "○ marks the strongest, hatching what the window hides."
        )
        look = "margin:0;line-height:1.5;color:var(--jp-content-font-color1, inherit)"
        return (
            f'<figure class="course-attention" style="{look}">'
            f"<figcaption>{escape(caption)}</figcaption>{self._svg()}"
            f"<details><summary>As text</summary><pre>{escape(self.text())}</pre></details></figure>"
        )

    def _svg(self) -> str:
        count = len(self.pieces)
        cell = 24 if count <= 20 else 16
        left, top = 110, 100
        alt = f"Attention map. {self._title()}, {count} tokens. " + "; ".join(
            f"{token} looks at {other}" for token, other, _ in self.strongest()[:8]
        )
        parts = [
            f'<svg role="img" aria-label="{escape(alt)}" width="{left + count * cell + 60}"'
            f' height="{top + count * cell + 4}" font-size="12" font-family="monospace" fill="currentColor">'
            '<defs><pattern id="course-hidden" width="6" height="6" patternUnits="userSpaceOnUse">'
            '<path d="M0 6L6 0" stroke="currentColor" stroke-width="0.7" opacity="0.6"/></pattern></defs>'
        ]
        weights = self.weights.tolist()
        for i, piece in enumerate(self.pieces):
            x, y = left + i * cell, top + i * cell
            name = escape(piece.visible[:13])
            parts.append(f'<text x="{left - 6}" y="{y + cell * 0.7:.0f}" text-anchor="end">{name}</text>')
            turn = f"translate({x + cell * 0.65:.0f} {top - 6}) rotate(-60)"
            parts.append(f'<text transform="{turn}">{name}</text>')
            parts += [self._cell(i, j, weights[i], left + j * cell, y, cell) for j in range(i + 1)]
        return "".join([*parts, "</svg>"])

    def _cell(self, i: int, j: int, row: list[float], x: int, y: int, size: int) -> str:
        weight = row[j]
        box = f'x="{x}" y="{y}" width="{size - 1}" height="{size - 1}"'
        link = escape(f"{self.pieces[i].visible} → {self.pieces[j].visible}: {weight:.1%}")
        if self.window is not None and i - j >= self.window:
            return f'<rect {box} fill="url(#course-hidden)"><title>outside of the window</title></rect>'
        paint = f'fill="var(--jp-brand-color1, #1976d2)" fill-opacity="{weight**0.7:.2f}" stroke="currentColor"'
        square = f'<rect {box} {paint} stroke-opacity="0.25"><title>{link}</title></rect>'
        ring = f'<circle cx="{x + size / 2 - 0.5}" cy="{y + size / 2 - 0.5}" r="{size / 5:.1f}"'
        ring += ' fill="none" stroke="currentColor" stroke-width="1.5"/>'
        return square + ring if weight == max(row) else square

    def build(self):
        """Sliders for layer, head and window, a switch for the window, and the map."""
        import ipywidgets as w

        look = {"style": {"description_width": "70px"}, "layout": {"width": "330px"}}
        layer = w.IntSlider(value=self.layer, max=self.layers - 1, description="Layer", **look)
        head = w.IntSlider(value=self.head, max=self.heads - 1, description="Head", **look)
        switch = w.Checkbox(value=self.window is not None, description="Sliding window", indent=False)
        size = w.IntSlider(value=self.window or 4, min=1, max=max(len(self.pieces), 1), description="Window", **look)
        size.disabled = self.window is None
        for widget, name in ((layer, "layer"), (head, "head"), (switch, "switch"), (size, "window")):
            widget.add_class(f"course-attention-{name}")
        self._controls = layer, head, switch, size
        for widget in self._controls:
            widget.observe(self._moved, "value")
        self._picture = w.HTML(self.html())
        return w.VBox([w.HBox([layer, head]), w.HBox([size, switch]), self._picture])

    def _moved(self, change) -> None:
        """The learner has moved a control."""
        if self._syncing:
            return
        layer, head, switch, size = self._controls
        window = self.window  # layer and head leave it, for it may be wider than its slider goes
        if change["owner"] in (switch, size):
            window = size.value if switch.value else None
        self.set(layer.value, head.value, window)

    def _redraw(self) -> None:
        """Bring controls and map up to date, if they are shown."""
        if self._widget is None:
            return
        layer, head, switch, size = self._controls
        self._syncing = True
        try:
            layer.value, head.value = self.layer, self.head
            switch.value, size.disabled = self.window is not None, self.window is None
            size.value = self.window or size.value
        finally:
            self._syncing = False
        self._picture.value = self.html()
