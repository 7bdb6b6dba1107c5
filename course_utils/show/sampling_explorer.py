"""How five settings change the choice of the next token.

The numbers come from the model, and the settings are applied by the same classes, in the same order, as in
the library's own `generate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from course_utils.models.chat import BadOption, EmptyPrompt, SamplingParams, UnknownOption
from course_utils.models.torch_model import processors_for

from .pieces import check_text, encode, pieces
from .torch_model import network_and_tokenizer
from .view import View


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
LOOK = "line-height:1.5;color:var(--jp-content-font-color1, inherit)"


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


class SamplingExplorer(View):
    """`settings` holds the values of the sliders, `drawn` the tokens drawn so far."""

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
        self._random = torch.Generator().manual_seed(seed)
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
        self._redraw()
        return self

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
        self.drawn.append(torch.multinomial(after, 1, generator=self._random).item())
        self._redraw()
        return pieces(self._tokenizer, self.drawn[-1:])[0].text

    def restart(self) -> None:
        """Take back all that was drawn."""
        self.drawn.clear()
        self._redraw()

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
        """The settings, the drawn text, and the most probable tokens before and after the settings."""
        settings = ", ".join(f"{name} {value:g}" for name, value in self.settings.items())
        lines = [
            settings,
            f"Drawn so far: {self._answer() or 'nothing'}",
            f"{'token':>14}  {'model':>7}  {'now':>7}",
        ]
        for row in self.rows():
            bar = "█" * round(row.after * 30)
            lines.append(f"{row.piece[:14]:>14}  {_percent(row.before):>7}  {row.now:>7}  {bar}")
        return "\n".join([*lines, self._summary()])

    def html(self) -> str:
        """The chart and the drawn text."""
        return self._chart_html() + self._drawn_html()

    def _chart_html(self) -> str:
        summary = f'<p style="margin:0.2em 0">{escape(self._summary())}</p>'
        return f'<div class="course-sampling-chart" style="{LOOK}">{chart(self.rows())}{summary}</div>'

    def _drawn_html(self) -> str:
        drawn = escape(self._answer()) or "<em>nothing yet</em>"
        look = f"margin:0.2em 0;{LOOK}"
        return f'<p role="status" style="{look}"><strong>Drawn so far:</strong> {drawn}</p>'

    def build(self):
        """Five sliders at the left, the chart at the right, two buttons below."""
        import ipywidgets as w

        self._sliders = {}
        for name, setting in SETTINGS.items():
            kind = w.IntSlider if name == "top_k" else w.FloatSlider
            slider = kind(
                value=self.settings[name],
                min=setting.low,
                max=setting.high,
                step=setting.step,
                description=setting.label,
                style={"description_width": "185px"},
                layout={"width": "420px"},
            )
            slider.add_class(f"course-sampling-{name.replace('_', '-')}")
            slider.observe(lambda change, name=name: self.set(**{name: change["new"]}), "value")
            self._sliders[name] = slider
        self._draw_button = w.Button(description="Draw a token", button_style="primary", layout={"width": "130px"})
        self._draw_button.add_class("course-sampling-draw")
        self._draw_button.on_click(lambda _: self.draw())
        restart = w.Button(description="Start again", layout={"width": "110px"})
        restart.on_click(lambda _: self.restart())
        self._picture = w.HTML(self._chart_html(), layout={"width": "560px"})
        # a widget of its own: a screen reader hears of a token drawn, and not at each move of a slider
        self._told = w.HTML(self._drawn_html())
        controls = w.VBox([*self._sliders.values(), w.HBox([self._draw_button, restart])], layout={"width": "440px"})
        return w.HBox([controls, w.VBox([self._picture, self._told])], layout={"flex_flow": "row wrap"})

    def _redraw(self) -> None:
        if self._widget is None:
            return
        for name, slider in self._sliders.items():
            slider.value = self.settings[name]
        self._draw_button.disabled = self.ended
        self._picture.value, self._told.value = self._chart_html(), self._drawn_html()


def _percent(share: float) -> str:
    return "<0.1%" if share < 0.0005 else f"{share:.1%}"


def chart(rows: list[Row]) -> str:
    """Bars as SVG: the outline is the model's probability, the filled bar the one after the settings."""
    step, left, width = 22, 120, 300
    height = step * len(rows) + 22
    told = "; ".join(f"{row.piece}: {_percent(row.before)}, now {row.now}" for row in rows)
    alt = f"Bar chart of {len(rows)} next tokens, by the model and after the settings. {told}."
    parts = [
        f'<svg role="img" aria-label="{escape(alt)}" width="540" height="{height}" font-size="13"'
        ' fill="currentColor" font-family="var(--jp-ui-font-family, sans-serif)">',
        f'<text x="{left}" y="13">outline: the model · filled: after the settings</text>',
    ]
    for place, row in enumerate(rows):
        y = 22 + place * step
        name = escape(row.piece[:13])
        told = escape(f"{_percent(row.before)} → {row.now}")
        end = left + max(row.before, row.after) * width + 8
        parts.append(
            f'<text x="{left - 8}" y="{y + 14}" text-anchor="end" font-family="monospace">{name}</text>'
            f'<rect x="{left}" y="{y + 3}" width="{row.after * width:.1f}" height="15"'
            ' fill="var(--jp-brand-color1, #1976d2)"/>'
            f'<rect x="{left}" y="{y + 3}" width="{max(row.before * width, 0.5):.1f}" height="15" fill="none"'
            ' stroke="currentColor"/>'
            f'<text x="{end:.1f}" y="{y + 15}">{told}</text>'
        )
    return "".join([*parts, "</svg>"])
