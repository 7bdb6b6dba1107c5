"""Two looks inside of a network, with the tokens of a text as rows: which tokens they look at, which experts read them.

The weights are the model's own. A sliding window is not painted over them: the model runs again with that window.
"""

from __future__ import annotations

from html import escape

from course_utils.base import CourseError
from course_utils.models.chat import EmptyPrompt

from .page import BRAND, LOOK, fold_text, svg, words
from .pieces import Piece, encode, pieces
from .view import Controlled

MOST = 40  # tokens: more would not fit on a page
LEFT = 110  # pixels for the names of the rows


def network_and_tokenizer(model, tokenizer=None):
    """The Torch network and the tokenizer of a course model, or of a Transformers model given with its tokenizer.

    Raises CourseError for a model that has no such network, such as one of ONNX Runtime or of another program.
    """
    import torch

    network = model if isinstance(model, torch.nn.Module) else getattr(model, "model", None)
    tokenizer = tokenizer or getattr(model, "tokenizer", None)
    if not isinstance(network, torch.nn.Module) or tokenizer is None:
        name = getattr(model, "name", "pico-mini")
        raise CourseError(
            "This view looks inside the network, so it needs a model of the Transformers runtime: "
            f'load("{name}", runtime="transformers"), or a Transformers model with tokenizer=.'
        )
    return network, tokenizer


class TokenMap(Controlled):
    """The tokens of a text as `pieces`, in one `layer` of a network, from 0.

    A map gives `told`, the lines of its text twin, `caption`, how to read it, and `picture`, its SVG.
    """

    layer = 0

    def __init__(self, model, text: str, tokenizer=None):
        self._network, tokenizer = network_and_tokenizer(model, tokenizer)
        ids = encode(tokenizer, text)
        if not ids:
            raise EmptyPrompt("The text is empty. Write something that has tokens to look at.")
        self.left_out = max(len(ids) - MOST, 0)
        self._ids = ids[:MOST]
        self.pieces: list[Piece] = pieces(tokenizer, self._ids)

    def text(self) -> str:
        left_out = [f"({self.left_out} more tokens are left out.)"] if self.left_out else []
        return "\n".join([*self.told(), *left_out])

    def html(self) -> str:
        caption = f"<figcaption>{escape(self.caption())}</figcaption>"
        twin = fold_text("As text", self.text())
        return f'<figure style="margin:0;{LOOK}">{caption}{self.picture()}{twin}</figure>'


def _place(what: str, place: int, count: int) -> int:
    """A layer or a head, counted from 0. Raises CourseError for one that this model does not have."""
    if not isinstance(place, int) or not 0 <= place < count:
        raise CourseError(f"This model has {what}s 0 to {count - 1}; there is no {what} {place!r}.")
    return place


def _slider(value: int, most: int, name: str):
    import ipywidgets as w

    look = {"style": {"description_width": "initial"}, "layout": {"width": "330px"}}
    return w.IntSlider(value, max=most, description=name, **look)


class AttentionMap(TokenMap):
    """Which token looks at which: one layer and head at a time, over the whole text or a sliding window of tokens.

    `model` is a course model of the Transformers runtime, or a Transformers model together with its `tokenizer`. Rows
    look at columns. `layer` and `head` count from 0; `window` is in tokens, 0 for the whole text.
    """

    def __init__(self, model, text: str, tokenizer=None, layer: int = 0, head: int = 0, window: int = 0):
        super().__init__(model, text, tokenizer)
        self._maps = {}  # by window: one forward pass each
        self.layers, self.heads = self.weights_of(None).shape[:2]
        self.head = self.window = 0
        self.set(layer, head, window)

    def set(self, layer: int | None = None, head: int | None = None, window: int | None = None) -> AttentionMap:
        """Choose layer, head and window (None leaves them as they are; a window of 0 is the whole text)."""
        layer = self.layer if layer is None else _place("layer", layer, self.layers)
        head = self.head if head is None else _place("head", head, self.heads)
        window = self.window if window is None else window
        if window < 0:
            raise CourseError(f"A window of {window} tokens would see nothing. The smallest is 1; 0 is the whole text.")
        self.layer, self.head, self.window = layer, head, min(window, len(self.pieces))
        self.redraw()
        return self

    def weights_of(self, window: int | None):
        """All weights, [layers, heads, tokens, tokens]: row i is what token i takes from each. None: no window."""
        import torch

        window = window or None
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
        scope = f"a window of {self.window} tokens" if self.window else "the whole text"
        return f"Layer {self.layer}, head {self.head}, over {scope}"

    def told(self) -> list[str]:
        """The strongest link of each token."""
        lines = [f"{token:>14} → {other} ({weight:.0%})" for token, other, weight in self.strongest()]
        return [f"{self._title()}. Each token and the one it looks at most:", *lines]

    def caption(self) -> str:
        """How to read the squares."""
        return (
            f"{self._title()}. A row is a token; the fuller the square, the more it takes from that column. "
            "○ marks the strongest, hatching what the window hides."
        )

    def picture(self) -> str:
        """A triangle of squares: nobody looks ahead."""
        count, top = len(self.pieces), 100
        cell = 24 if count <= 20 else 16
        parts = [
            '<defs><pattern id="course-hidden" width="6" height="6" patternUnits="userSpaceOnUse">'
            '<path d="M0 6L6 0" stroke="currentColor" stroke-width="0.7" opacity="0.6"/></pattern></defs>'
        ]
        weights = self.weights.tolist()
        for i, piece in enumerate(self.pieces):
            y, name = top + i * cell, piece.visible[:13]
            turned = f"translate({LEFT + (i + 0.65) * cell:.0f} {top - 6}) rotate(-60)"
            parts += [words(LEFT - 6, y + round(cell * 0.7), name, "end")]
            parts += [f'<g transform="{turned}">{words(0, 0, name)}</g>']
            parts += [self._cell(i, j, weights[i], LEFT + j * cell, y, cell) for j in range(i + 1)]
        links = "; ".join(f"{token} looks at {other}" for token, other, _ in self.strongest()[:8])
        alt = f"Attention map. {self._title()}, {count} tokens. {links}"
        return svg(alt, LEFT + count * cell + 60, top + count * cell + 4, parts)

    def _cell(self, i: int, j: int, row: list[float], x: int, y: int, size: int) -> str:
        box = f'x="{x}" y="{y}" width="{size - 1}" height="{size - 1}"'
        if self.window and i - j >= self.window:
            return f'<rect {box} fill="url(#course-hidden)"><title>outside of the window</title></rect>'
        link = escape(f"{self.pieces[i].visible} → {self.pieces[j].visible}: {row[j]:.1%}")
        paint = f'fill="{BRAND}" fill-opacity="{row[j] ** 0.7:.2f}" stroke="currentColor" stroke-opacity="0.25"'
        square = f"<rect {box} {paint}><title>{link}</title></rect>"
        at = f'cx="{x + size / 2 - 0.5}" cy="{y + size / 2 - 0.5}" r="{size / 5:.1f}"'
        ring = f'<circle {at} fill="none" stroke="currentColor" stroke-width="1.5"/>'
        return square + ring if row[j] == max(row) else square

    def controls(self) -> dict:
        """Sliders for layer, head and window."""
        layer = _slider(self.layer, self.layers - 1, "Layer")
        head = _slider(self.head, self.heads - 1, "Head")
        return {"layer": layer, "head": head, "window": _slider(self.window, len(self.pieces), "Window (0: all)")}


class ExpertMap(TokenMap):
    """Which two experts read each token of the text, a layer at a time. `model`: `load("pico-moe")`.

    Rows are tokens, columns are experts; a circle is an expert that was picked. Layers count from 0.
    """

    def __init__(self, model, text: str, tokenizer=None, layer: int = 0):
        from course_utils.pico.moe import routes

        super().__init__(model, text, tokenizer)
        self.experts = getattr(self._network.config, "num_local_experts", 0)
        if not self.experts:
            raise CourseError(f"{type(self._network).__name__} has no experts. One that has: load('pico-moe').")
        self._chosen, self._weights = routes(self._network, self._ids)  # [layers, tokens, 2] each
        self.layers = len(self._chosen)
        self.set(layer)

    def set(self, layer: int) -> ExpertMap:
        """Show another layer."""
        self.layer = _place("layer", layer, self.layers)
        self.redraw()
        return self

    def rows(self) -> list[tuple[str, list[tuple[int, float]]]]:
        """For each token its text and its two experts with their weights, as they are in the layer shown."""
        chosen, weights = self._chosen[self.layer].tolist(), self._weights[self.layer].tolist()
        return [
            (piece.visible, list(zip(pair, strong, strict=True)))
            for piece, pair, strong in zip(self.pieces, chosen, weights, strict=True)
        ]

    def told(self) -> list[str]:
        """The two experts of each token."""
        lines = [f"Layer {self.layer}. Each token and its two experts, with their weights:"]
        for token, pair in self.rows():
            lines.append(f"{token:>14} → " + ", ".join(f"expert {e} ({w:.2f})" for e, w in pair))
        return lines

    def caption(self) -> str:
        """How to read the circles."""
        return f"Layer {self.layer}. A row is a token, a column an expert; ● its first choice, ○ its second."

    def picture(self) -> str:
        """A grid of squares, with a circle for each choice."""
        cell, row, top, rows = 26, 20, 26, self.rows()
        parts = [words(LEFT + (expert + 0.5) * cell, top - 8, str(expert), "middle") for expert in range(self.experts)]
        for place, (token, pair) in enumerate(rows):
            y = top + place * row
            parts.append(words(LEFT - 8, y + 14, token[:13], "end"))
            box = f'y="{y}" width="{cell - 1}" height="{row - 1}" fill="none" stroke="currentColor" opacity="0.2"'
            parts += [f'<rect x="{LEFT + expert * cell}" {box}/>' for expert in range(self.experts)]
            for (expert, weight), fill in zip(pair, (BRAND, "none"), strict=True):
                look = f'r="6.5" fill="{fill}" stroke="{BRAND}" stroke-width="2"'
                title = escape(f"{token}: expert {expert}, weight {weight:.2f}")
                x = LEFT + (expert + 0.5) * cell - 0.5
                parts.append(f'<circle cx="{x}" cy="{y + 9.5}" {look}><title>{title}</title></circle>')
        picks = "; ".join(f"{token}: {pair[0][0]} and {pair[1][0]}" for token, pair in rows[:8])
        alt = f"Experts of layer {self.layer}. {picks}"
        return svg(alt, LEFT + self.experts * cell + 8, top + len(rows) * row + 4, parts)

    def controls(self) -> dict:
        """A slider for the layer."""
        return {"layer": _slider(self.layer, self.layers - 1, "Layer")}
