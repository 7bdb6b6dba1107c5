"""How five settings change the choice of the next token.

The numbers come from the model, and the settings are applied by the same classes, in the same order, as in
the library's own `generate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from course_utils.models.chat import BadOption, EmptyPrompt, SamplingParams, UnknownOption
from course_utils.models.torch_model import processors_for

from .page import BRAND, LOOK, svg, words
from .pieces import check_text, encode, pieces
from .token_maps import network_and_tokenizer
from .view import Controlled


@dataclass(frozen=True)
class Setting:
    """One slider: its range, and the value at which it changes nothing."""

    label: str
    low: float
    high: float
    step: float
    neutral: float


SETTINGS = {
    "temperature": Setting("Temperature (0 = greedy)", 0.0, 2.0, 0.05, 1.0),
    "top_k": Setting("Top-k (0 = off)", 0, 50, 1, 0),
    "top_p": Setting("Top-p (1 = off)", 0.05, 1.0, 0.05, 1.0),
    "min_p": Setting("Min-p (0 = off)", 0.0, 0.5, 0.01, 0.0),
    "repetition_penalty": Setting("Repetition penalty (1 = off)", 1.0, 2.0, 0.05, 1.0),
}
SHOWN = 12  # tokens in the chart


@dataclass(frozen=True)
class Row:
    """One token of the chart: its text, the model's probability, the one after the settings; `cut`: ruled out."""

    piece: str
    before: float
    after: float
    cut: bool = False

    @property
    def now(self) -> str:
        """The probability after the settings, in words."""
        return "cut" if self.cut else _percent(self.after)


class SamplingExplorer(Controlled):
    """Five settings against the probabilities of the next token, and a button that draws it.

    `model` is a course model of the Transformers runtime, or a Transformers model together with its `tokenizer`. With
    `chat=False` the prompt is continued as it stands, without chat markup. `settings` holds the values of the sliders,
    `drawn` the tokens drawn so far.
    """

    def __init__(self, model, prompt: str, tokenizer=None, chat: bool = True, seed: int = 0):
        import torch

        self._network, self._tokenizer = network_and_tokenizer(model, tokenizer)
        check_text(prompt)
        if not prompt.strip():
            raise EmptyPrompt("The prompt is empty. Write something for the model to go on from.")
        if chat:
            turn = [{"role": "user", "content": prompt}]
            prompt = self._tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        self.prompt = prompt
        self.settings = {name: setting.neutral for name, setting in SETTINGS.items()}
        self._prompt_ids = encode(self._tokenizer, prompt)
        self._generator = torch.Generator().manual_seed(seed)
        self._logits = {}  # by sequence, so that a slider costs no forward pass
        self.drawn: list[int] = []

    # ---- the numbers

    def set(self, **settings: float) -> SamplingExplorer:
        """Change settings by name, as with the sliders and as far as they go."""
        for name in settings:
            if name not in SETTINGS:
                raise UnknownOption(name, SETTINGS)
        SamplingParams.read(settings)
        for name, value in settings.items():
            low, high = SETTINGS[name].low, SETTINGS[name].high
            if not low <= value <= high:  # the slider would move it to its end, without a word
                raise BadOption(f"Here {name} goes from {low:g} to {high:g}; it was {value!r}.")
        self.settings.update(settings)
        self.redraw()
        return self

    def setting(self, name: str) -> float:
        """The present value of a setting."""
        return self.settings[name]

    def distributions(self):
        """Two tensors of probabilities over the vocabulary: the model's own, and after the settings."""
        return self._choice()[:2]

    def _choice(self):
        """The two distributions, and a tensor that is True for each token that the settings leave."""
        import torch

        ids = torch.tensor([[*self._prompt_ids, *self.drawn]])
        logits = self._next_logits(ids)
        scores = processors_for(SamplingParams.read(self.settings))(ids, logits.clone())
        if self.settings["temperature"] == 0:
            after = torch.nn.functional.one_hot(scores.argmax(-1), scores.shape[-1]).float()
            kept = after > 0
        else:
            after = scores.softmax(-1)
            kept = scores.isfinite()  # not after > 0: at a low temperature tiny probabilities round to 0
        return logits.softmax(-1)[0], after[0], kept[0]

    def _next_logits(self, ids):
        import torch

        key = tuple(self.drawn)
        if key not in self._logits:
            with torch.no_grad():
                output = self._network(ids.to(self._network.device), use_cache=False)
            self._logits[key] = output.logits[:, -1].float().cpu()
        return self._logits[key]

    def rows(self) -> list[Row]:
        """The tokens that matter most, by the model's own probability."""
        before, after, kept = self._choice()
        top = (before + after).topk(min(SHOWN, len(before))).indices
        top = top[before[top].argsort(descending=True)].tolist()
        names = [piece.visible for piece in pieces(self._tokenizer, top)]
        return [
            Row(name, before[id].item(), after[id].item(), not kept[id].item())
            for name, id in zip(names, top, strict=True)
        ]

    def draw(self) -> str:
        """Draw one token from the probabilities, append it, and return its text; empty after the end."""
        import torch

        if self.ended:
            return ""
        _, after = self.distributions()
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

    # ---- what it looks like

    def _summary(self) -> str:
        before, _, kept = self._choice()
        share = before[kept].sum().item()
        return f"{int(kept.sum()):,} of {len(kept):,} tokens can be drawn; the model itself gives them {share:.0%}."

    def _answer(self) -> str:
        text = self._tokenizer.decode(self.drawn, skip_special_tokens=True)
        return f"{text} (the end)" if self.ended else text

    def text(self) -> str:
        settings = ", ".join(f"{name} {value:g}" for name, value in self.settings.items())
        drawn = f"Drawn so far: {self._answer() or 'nothing'}"
        lines = [settings, drawn, f"{'token':>14}  {'model':>7}  {'now':>7}"]
        for row in self.rows():
            bar = "█" * round(row.after * 30)
            lines.append(f"{row.piece[:14]:>14}  {_percent(row.before):>7}  {row.now:>7}  {bar}")
        return "\n".join([*lines, self._summary()])

    def html(self) -> str:
        summary = f'<p style="margin:0.2em 0">{escape(self._summary())}</p>'
        return f'<div style="{LOOK}">{chart(self.rows())}{summary}</div>'

    def _told(self) -> str:
        drawn = escape(self._answer()) or "<em>nothing yet</em>"
        return f'<p role="status" style="margin:0.2em 0;{LOOK}"><strong>Drawn so far:</strong> {drawn}</p>'

    def controls(self) -> dict:
        """A slider for each setting."""
        import ipywidgets as w

        look = {"style": {"description_width": "185px"}, "layout": {"width": "385px"}}
        sliders = {}
        for name, setting in SETTINGS.items():
            kind = w.IntSlider if name == "top_k" else w.FloatSlider
            ends = {"min": setting.low, "max": setting.high, "step": setting.step}
            sliders[name] = kind(self.settings[name], description=setting.label, **ends, **look)
        return sliders

    def build(self):
        """Five sliders at the left, the chart at the right, two buttons below."""
        import ipywidgets as w

        self.make_controls()
        self.draw_button = w.Button(description="Draw a token", button_style="primary", layout={"width": "130px"})
        self.draw_button.on_click(lambda _: self.draw())
        restart = w.Button(description="Start again", layout={"width": "110px"})
        restart.on_click(lambda _: self.restart())
        # a widget of its own: a screen reader hears of a token drawn, and not at each move of a slider
        self.told = w.HTML(self._told())
        buttons = w.HBox([self.draw_button, restart])
        left = w.VBox([*self.control.values(), buttons], layout={"width": "395px"})
        right = w.VBox([self.shown, self.told], layout={"width": "450px"})
        return w.HBox([left, right], layout={"flex_flow": "row wrap"})

    def redraw(self) -> None:
        """Sliders, chart, drawn tokens and button as they are now."""
        super().redraw()
        if self._widget is not None:
            self.draw_button.disabled, self.told.value = self.ended, self._told()


def _percent(share: float) -> str:
    return "<0.1%" if share < 0.0005 else f"{share:.1%}"


def chart(rows: list[Row]) -> str:
    """Bars as SVG: the outline is the model's probability, the filled bar the one after the settings."""
    step, left, width = 22, 100, 210
    told = "; ".join(f"{row.piece}: {_percent(row.before)}, now {row.now}" for row in rows)
    parts = [words(0, 13, "outline: the model · filled: after the settings")]
    for place, row in enumerate(rows):
        y = 22 + place * step
        end = left + max(row.before, row.after) * width + 8
        box = f'x="{left}" y="{y + 3}" height="15"'
        parts += [
            words(left - 8, y + 15, row.piece[:11], "end"),
            f'<rect {box} width="{row.after * width:.1f}" fill="{BRAND}"/>',
            f'<rect {box} width="{max(row.before * width, 0.5):.1f}" fill="none" stroke="currentColor"/>',
            words(round(end, 1), y + 15, f"{_percent(row.before)} → {row.now}"),
        ]
    alt = f"Bar chart of {len(rows)} next tokens, by the model and after the settings. {told}."
    return svg(alt, 440, step * len(rows) + 22, parts, size=13)
