"""How five settings change the choice of the next token: by the same classes as in the library's own `generate`."""

from collections import namedtuple
from html import escape
from itertools import count
from typing import Self

import ipywidgets as w
import torch

from course_utils.models.chat import BadOption, EmptyPrompt, SamplingParams, UnknownOption
from course_utils.models.torch_model import processors_for

from .page import BRAND, LOOK, WORDS, svg, words
from .pieces import encode, pieces
from .token_maps import network_and_tokenizer
from .view import Controlled

SETTINGS = WORDS["settings"]  # label, lowest, highest, step, and the value that changes nothing
SHOWN = 12  # tokens in the chart
# One token of the chart: its text, the model's probability, the one after the settings, and that in words.
Row = namedtuple("Row", ["piece", "before", "after", "now"])


class SamplingExplorer(Controlled):
    """Five settings against the probabilities of the next token, and a button that draws it.

    `model` is a course model of the Transformers runtime, or a Transformers model together with its `tokenizer`.
    `settings` holds the values of the sliders, `drawn` the tokens drawn so far.
    """

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
