"""Three looks inside of a network: which tokens those of a text look at, which experts read them, what comes next.

The weights are the model's own. A sliding window is not painted over them: the model runs again with that window. The
next token is chosen by the same classes as in the library's own `generate`.
"""

from collections import namedtuple
from html import escape
from itertools import count
from typing import Self

import ipywidgets as w
import torch

from course_utils.base import CourseError
from course_utils.models.chat import BadOption, EmptyPrompt, SamplingParams, UnknownOption
from course_utils.models.torch_model import processors_for

from .page import BRAND, LOOK, WORDS, fold, svg, words
from .pieces import Piece, encode, pieces
from .view import Controlled

MOST = 40  # tokens: more would not fit on a page
LEFT = 110  # pixels for the names of the rows
SETTINGS = WORDS["settings"]  # label, lowest, highest, step, and the value that changes nothing
SHOWN = 12  # tokens in the chart
# One token of the chart: its text, the model's probability, the one after the settings, and that in words.
Row = namedtuple("Row", ["piece", "before", "after", "now"])
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


class SamplingExplorer(Controlled):
    """Five settings against the probabilities of the next token, and a button that draws it. `model` is a course model
    of the Transformers runtime, or a Transformers model together with its `tokenizer`. `settings` holds the values of
    the sliders, `drawn` the tokens drawn so far."""

    def __init__(self, model, prompt: str, tokenizer=None):
        self._network, self._tokenizer = network_and_tokenizer(model, tokenizer)
        encode(self._tokenizer, prompt)  # raises BadPrompt for what is no text
        if not prompt.strip():
            raise EmptyPrompt("The prompt is empty. Write something for the model to go on from.")
        turn = [{"role": "user", "content": prompt}]
        prompt = self._tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        self.settings = {name: neutral for name, (*_, neutral) in SETTINGS.items()}
        self._prompt_ids = encode(self._tokenizer, prompt)
        self._generator = torch.Generator().manual_seed(0)
        self._logits = {}  # by sequence, so that a slider costs no forward pass
        self.drawn: list[int] = []

    def set(self, **settings: float) -> Self:
        """Change settings by name, as with the sliders and as far as they go. Raises UnknownOption and BadOption."""
        for name in settings:
            if name not in SETTINGS:
                raise UnknownOption(name, SETTINGS)
        SamplingParams.read(settings)
        for name, value in settings.items():
            _, low, high, *_ = SETTINGS[name]
            if not low <= value <= high:  # the slider would move it to its end, without a word
                raise BadOption(f"Here {name} goes from {low:g} to {high:g}; it was {value!r}.")
        self.settings.update(settings)
        self.redraw()
        return self

    def distributions(self):
        """Three tensors over the vocabulary: the model's own probabilities, those after the settings, what is left."""
        ids, drawn = torch.tensor([[*self._prompt_ids, *self.drawn]]), tuple(self.drawn)
        if drawn not in self._logits:
            with torch.no_grad():
                output = self._network(ids.to(self._network.device), use_cache=False)
            self._logits[drawn] = output.logits[:, -1].float().cpu()
        logits = self._logits[drawn]
        scores = processors_for(SamplingParams.read(self.settings))(ids, logits.clone())
        after, kept = scores.softmax(-1), scores.isfinite()  # not after > 0: tiny probabilities round to 0
        if self.settings["temperature"] == 0:
            kept = torch.nn.functional.one_hot(scores.argmax(-1), scores.shape[-1]).bool()
            after = kept.float()
        return logits.softmax(-1)[0], after[0], kept[0]

    def rows(self) -> list[Row]:
        """The tokens that matter most, by the model's own probability."""
        before, after, kept = self.distributions()
        top = (before + after).topk(min(SHOWN, len(before))).indices
        top = top[before[top].argsort(descending=True)]
        names = [piece.visible for piece in pieces(self._tokenizer, top.tolist())]
        now = [_percent(after[token].item()) if kept[token] else "cut" for token in top]
        return list(map(Row, names, before[top].tolist(), after[top].tolist(), now))

    def draw(self) -> str:
        """Draw one token from the probabilities, append it, and return its text; empty after the end."""
        if self.ended:
            return ""
        _, after, _ = self.distributions()
        self.drawn.append(torch.multinomial(after, 1, generator=self._generator).item())
        self.redraw()
        return pieces(self._tokenizer, self.drawn[-1:])[0].text

    def restart(self) -> None:
        """Take back all that was drawn."""
        self.drawn.clear()
        self.redraw()

    @property
    def ended(self) -> bool:
        """True when the last token drawn ends the answer."""
        ends = self._network.generation_config.eos_token_id
        return bool(self.drawn) and self.drawn[-1] in (ends if isinstance(ends, list) else [ends])

    def _summary(self) -> str:
        before, _, kept = self.distributions()
        share = before[kept].sum().item()
        return f"{int(kept.sum()):,} of {len(kept):,} tokens can be drawn; the model itself gives them {share:.0%}."

    def _so_far(self) -> str:
        text = self._tokenizer.decode(self.drawn, skip_special_tokens=True) or "nothing yet"
        return f"Drawn so far: {text}{' (the end)' if self.ended else ''}"

    def text(self) -> str:
        settings = ", ".join(f"{name} {value:g}" for name, value in self.settings.items())
        lines = [settings, self._so_far(), f"{'token':>14}  {'model':>7}  {'now':>7}"]
        for row in self.rows():
            bar = "█" * round(row.after * 30)
            lines.append(f"{row.piece[:14]:>14}  {_percent(row.before):>7}  {row.now:>7}  {bar}")
        return "\n".join([*lines, self._summary()])

    def html(self) -> str:
        """Bars as SVG: the outline is the model's probability, the filled bar the one after the settings."""
        step, left, width, rows = 22, 100, 210, self.rows()
        told = "; ".join(f"{row.piece}: {_percent(row.before)}, now {row.now}" for row in rows)
        parts = [words(0, 13, "outline: the model · filled: after the settings")]
        for y, row in zip(count(22, step), rows, strict=False):
            end = left + max(row.before, row.after) * width + 8
            box = f'x="{left}" y="{y + 3}" height="15"'
            parts += [
                words(left - 8, y + 15, row.piece[:11], "end"),
                f'<rect {box} width="{row.after * width:.1f}" fill="{BRAND}"/>',
                f'<rect {box} width="{max(row.before * width, 0.5):.1f}" fill="none" stroke="currentColor"/>',
                words(round(end, 1), y + 15, f"{_percent(row.before)} → {row.now}"),
            ]
        alt = f"Bar chart of {len(rows)} next tokens, by the model and after the settings. {told}."
        drawing = svg(alt, 440, step * len(rows) + 22, parts, size=13)
        return f'<div style="{LOOK}">{drawing}<p style="margin:0.2em 0">{escape(self._summary())}</p></div>'

    def controls(self) -> dict:
        look = {"style": {"description_width": "185px"}, "layout": {"width": "385px"}}
        sliders = {}
        for name, (label, low, high, step, _) in SETTINGS.items():
            kind = w.IntSlider if name == "top_k" else w.FloatSlider
            sliders[name] = kind(self.settings[name], min=low, max=high, step=step, description=label, **look)
        return sliders

    def layout(self):
        """Five sliders and two buttons at the left, the chart at the right."""
        self.draw_button = w.Button(description="Draw a token", button_style="primary", layout={"width": "130px"})
        self.draw_button.on_click(lambda _: self.draw())
        restart = w.Button(description="Start again", layout={"width": "110px"})
        restart.on_click(lambda _: self.restart())
        # a widget of its own: a screen reader hears of a token drawn, and not at each move of a slider
        self.told = w.HTML(self._told())
        left = w.VBox([*self.control.values(), w.HBox([self.draw_button, restart])], layout={"width": "395px"})
        right = w.VBox([self.shown, self.told], layout={"width": "450px"})
        return w.HBox([left, right], layout={"flex_flow": "row wrap"})

    def _told(self) -> str:
        return f'<p role="status" style="margin:0.2em 0;{LOOK}">{escape(self._so_far())}</p>'

    def redraw(self) -> None:
        """Sliders, chart, drawn tokens and button as they are now."""
        super().redraw()
        if self._widget is not None:
            self.draw_button.disabled, self.told.value = self.ended, self._told()


def _percent(share: float) -> str:
    return "<0.1%" if share < 0.0005 else f"{share:.1%}"
