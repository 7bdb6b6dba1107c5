"""Two looks inside of a network, with the tokens of a text as rows: which tokens they look at, which experts read them.

The weights are the model's own. A sliding window is not painted over them: the model runs again with that window.
"""

from html import escape
from typing import Self

import ipywidgets as w
import torch

from course_utils.base import CourseError
from course_utils.models.chat import EmptyPrompt

from .page import BRAND, LOOK, fold, svg, words
from .pieces import Piece, encode, pieces
from .view import Controlled

MOST = 40  # tokens: more would not fit on a page
LEFT = 110  # pixels for the names of the rows
HIDDEN = (
    '<defs><pattern id="course-hidden" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0 6L6 0" stroke="currentColor" stroke-width="0.7" opacity="0.6"/></pattern></defs>'
)


def network_and_tokenizer(model, tokenizer=None):
    """The Torch network and the tokenizer of a course model, or of a Transformers model given with its tokenizer.
    Raises CourseError for a model that has no such network, such as one of ONNX Runtime or of another program."""
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
    """The tokens of a text as `pieces`, a row each, and how strongly each is linked to the `columns`.

    A map gives `title`, and `rows`: for each token its text, and its links (column, weight), the strongest first. The
    text twin tells the first `told` of them, in the `form` of a number. A `triangle` has no links ahead."""

    layer = window = 0
    told, form, triangle = 1, ".0%", False

    def __init__(self, model, text: str, tokenizer=None):
        self._network, tokenizer = network_and_tokenizer(model, tokenizer)
        ids = encode(tokenizer, text)
        if not ids:
            raise EmptyPrompt("The text is empty. Write something that has tokens to look at.")
        self._ids, self.left_out = ids[:MOST], max(len(ids) - MOST, 0)
        self.pieces: list[Piece] = pieces(tokenizer, self._ids)
        self.columns = [piece.visible for piece in self.pieces]

    def text(self) -> str:
        lines = [f"{self.title()}. Each token and {self.what}:"]
        for token, links in self.rows():
            names = [f"{self.columns[column]} ({weight:{self.form}})" for column, weight in links[: self.told]]
            lines.append(f"{token:>14} → {', '.join(names)}")
        if self.left_out:
            lines.append(f"({self.left_out} more tokens are left out.)")
        return "\n".join(lines)

    def html(self) -> str:
        caption = f"<figcaption>{escape(self.title())}. {self.legend}</figcaption>"
        twin = fold("As text", f"<pre>{escape(self.text())}</pre>")
        return f'<figure style="margin:0;{LOOK}">{caption}{self.picture()}{twin}</figure>'

    def picture(self) -> str:
        """A square for each token and column, the fuller the stronger, with a ring in the strongest of a row."""
        top, parts, rows = 100, [HIDDEN], self.rows()
        cell = 24 if len(self.columns) <= 20 else 16
        for column, name in enumerate(self.columns):
            turned = f"translate({LEFT + (column + 0.65) * cell:.0f} {top - 6}) rotate(-60)"
            parts.append(f'<g transform="{turned}">{words(0, 0, name[:13])}</g>')
        for row, (token, links) in enumerate(rows):
            y = top + row * cell
            parts.append(words(LEFT - 6, y + round(cell * 0.7), token[:13], "end"))
            weights = dict(links)
            for column in range(row + 1 if self.triangle else len(self.columns)):
                box = f'x="{LEFT + column * cell}" y="{y}" width="{cell - 1}" height="{cell - 1}"'
                if self.window and row - column >= self.window:
                    parts.append(f'<rect {box} fill="url(#course-hidden)"><title>outside of the window</title></rect>')
                    continue
                weight = weights.get(column, 0.0)
                title = escape(f"{token} → {self.columns[column]}: {weight:.1%}")
                paint = f'fill="{BRAND}" fill-opacity="{weight**0.7:.2f}" stroke="currentColor" stroke-opacity="0.25"'
                parts.append(f"<rect {box} {paint}><title>{title}</title></rect>")
            at = f'cx="{LEFT + (links[0][0] + 0.5) * cell - 0.5}" cy="{y + cell / 2 - 0.5}" r="{cell / 5:.1f}"'
            parts.append(f'<circle {at} fill="none" stroke="currentColor" stroke-width="1.5"/>')
        alt = "; ".join(line.strip() for line in self.text().splitlines()[:9])
        return svg(alt, LEFT + len(self.columns) * cell + 60, top + len(rows) * cell + 4, parts)


def _place(what: str, place: int, count: int) -> int:
    """A layer or a head, checked."""
    if not isinstance(place, int) or not 0 <= place < count:
        raise CourseError(f"This model has {what}s 0 to {count - 1}; there is no {what} {place!r}.")
    return place


def _slider(value: int, most: int, name: str):
    look = {"style": {"description_width": "initial"}, "layout": {"width": "330px"}}
    return w.IntSlider(value, max=most, description=name, **look)


class AttentionMap(TokenMap):
    """Which token looks at which: one layer and head at a time, over the whole text or a sliding window of tokens.

    `model` is a course model of the Transformers runtime, or a Transformers model together with its `tokenizer`. Rows
    look at columns. `layer` and `head` count from 0; `window` is in tokens, 0 for the whole text."""

    head, triangle, what = 0, True, "the one it looks at most"
    legend = (
        "A row is a token; the fuller the square, the more it takes from that column. "
        "○ marks the strongest, hatching what the window hides."
    )

    def __init__(self, model, text: str, tokenizer=None, layer: int = 0, head: int = 0, window: int = 0):
        super().__init__(model, text, tokenizer)
        self._maps = {}  # by window: one forward pass each
        self.layers, self.heads = self.weights_of(None).shape[:2]
        self.set(layer, head, window)

    def set(self, layer: int | None = None, head: int | None = None, window: int | None = None) -> Self:
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
        window = window or None
        if window not in self._maps:
            config, ids = self._network.config, torch.tensor([self._ids], device=self._network.device)
            before = config._attn_implementation, getattr(config, "sliding_window", None)
            try:
                self._network.set_attn_implementation("eager")  # the only one that hands out its weights
                config.sliding_window = window
                with torch.no_grad():
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

    def rows(self) -> list[tuple[str, list[tuple[int, float]]]]:
        """For each token its text, and the places of the tokens it looks at with their weights, strongest first."""
        seen = [list(enumerate(weights[: place + 1])) for place, weights in enumerate(self.weights.tolist())]
        for links in seen:
            links.sort(key=lambda link: -link[1])
        return list(zip(self.columns, seen, strict=True))

    def title(self) -> str:
        scope = f"a window of {self.window} tokens" if self.window else "the whole text"
        return f"Attention in layer {self.layer}, head {self.head}, over {scope}"

    def controls(self) -> dict:
        return {
            "layer": _slider(self.layer, self.layers - 1, "Layer"),
            "head": _slider(self.head, self.heads - 1, "Head"),
            "window": _slider(self.window, len(self.pieces), "Window (0: all)"),
        }


class ExpertMap(TokenMap):
    """Which two experts read each token of the text, a layer at a time. `model`: `load("pico-moe")`. Rows are tokens,
    columns are experts; a full square is an expert that was picked. Layers count from 0."""

    told, form, what = 2, ".2f", "its two experts, with their weights"
    legend = "A row is a token, a column an expert; full squares are its two experts, ○ marks its first choice."

    def __init__(self, model, text: str, tokenizer=None, layer: int = 0):
        from course_utils.pico.moe import routes

        super().__init__(model, text, tokenizer)
        experts = getattr(self._network.config, "num_local_experts", 0)
        if not experts:
            raise CourseError(f"{type(self._network).__name__} has no experts. One that has: load('pico-moe').")
        self.columns = [f"expert {number}" for number in range(experts)]
        self._chosen, self._weights = routes(self._network, self._ids)  # [layers, tokens, 2] each
        self.layers = len(self._chosen)
        self.set(layer)

    def set(self, layer: int) -> Self:
        """Show another layer."""
        self.layer = _place("layer", layer, self.layers)
        self.redraw()
        return self

    def rows(self) -> list[tuple[str, list[tuple[int, float]]]]:
        """For each token its text and its two experts with their weights, as they are in the layer shown."""
        links = map(zip, self._chosen[self.layer].tolist(), self._weights[self.layer].tolist())
        return [(piece.visible, list(pairs)) for piece, pairs in zip(self.pieces, links, strict=True)]

    def title(self) -> str:
        return f"Experts of layer {self.layer}"

    def controls(self) -> dict:
        return {"layer": _slider(self.layer, self.layers - 1, "Layer")}
