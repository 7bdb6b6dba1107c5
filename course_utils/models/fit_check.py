"""Is the prediction of `course_utils.phi.fit` right on this computer? `python -m course_utils bench fit`.

Real Phis are too large to build and time in a lesson. So models of the same architecture with 58 to 410 million random
weights are made here, built by ONNX Runtime GenAI's builder, timed, and set beside what the arithmetic said before.
Speed does not depend on what the weights are.

A computer's own speed wavers: other programs run, and on a rented machine strangers share its memory channels. So each
prediction comes from probes just before the model is timed, and where the probes just after tell another speed, both
are done again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from course_utils.base import CourseError, cache_folder
from course_utils.phi import fit
from course_utils.phi import speed as probes
from course_utils.pico import WEIGHTS, export
from course_utils.pico.tokenizer import load_tokenizer
from course_utils.setup import machine

SHAPES = {  # width, layers, width inside of the MLP, heads
    "58M": (512, 8, 1408, 8),
    "168M": (1024, 8, 2816, 16),
    "410M": (1536, 11, 4096, 24),
}
WITHIN = 0.35  # how far a measured value may be from the predicted one
PROMPT, NEW = 128, 40  # tokens
REPEATS = range(4, 13)  # from four on, until the best two agree; never more than twelve
TRIES = 4  # to find the computer equally fast before and after
STEADY = 1.15  # faster by this factor is no longer equally fast


@dataclass(frozen=True)
class Row:
    """One model in one precision: seconds to the first token of a prompt of 128 tokens, then tokens a second.

    `steady`: the probes before and after the model was timed told the same speed (None: not asked).
    """

    model: str
    parameters: int
    precision: str
    first_predicted: float
    first_measured: float
    rate_predicted: float
    rate_measured: float
    steady: bool | None

    @property
    def first_ratio(self) -> float:
        """Measured by predicted seconds: 1 is exact."""
        return self.first_measured / self.first_predicted

    @property
    def rate_ratio(self) -> float:
        """Measured by predicted tokens a second: 1 is exact."""
        return self.rate_measured / self.rate_predicted

    def __str__(self) -> str:
        return (
            f"{self.model:5} {self.precision:5} first token {self.first_predicted:6.3f} s predicted, "
            f"{self.first_measured:6.3f} s measured ({self.first_ratio:.2f});  "
            f"{self.rate_predicted:7.1f} tokens/s predicted, {self.rate_measured:7.1f} measured ({self.rate_ratio:.2f})"
            + ("; this computer changed its speed meanwhile" if self.steady is False else "")
        )


def check(names=("58M",), precisions=("int4", "fp32"), speed: machine.Speed | None = None) -> list[Row]:
    """Predict, build, measure: a row for each model of SHAPES and precision. About 12 seconds for each of "58M".

    With `speed`, that is what the predictions are made from; without, probes before each model, see above.
    What it makes (up to 3.5 GB for "410M") lies in the cache folder for as long as it takes, and is removed.
    Raises CourseError for an unknown name, and BuildFailed where the builder or the disk fails.
    """
    for name in names:
        if name not in SHAPES:
            raise CourseError(f"No model is called {name!r}. Known: {', '.join(SHAPES)}.")
    now = speed or _probe(precisions)
    rows = []
    for name in names:
        for precision in precisions:
            said = fit.predict(shape(name), precision, now, PROMPT)
            if not said.fits:
                raise CourseError(f"{name} in {precision}: {said.why}. Close other programs.")
        with _workshop() as work:
            checkpoint, parameters = make(name, work)
            folders = [build(checkpoint, precision) for precision in precisions]
            for precision, folder in zip(precisions, folders, strict=True):
                rows.append(_compare(name, parameters, precision, folder, speed))
    return rows


def _compare(name: str, parameters: int, precision: str, folder: Path, speed: machine.Speed | None) -> Row:
    """Predict and time one model; again where the computer changed its speed meanwhile. That asks the probes only."""
    before = speed or _probe([precision])
    for _ in range(TRIES):
        said = fit.predict(shape(name), precision, before, PROMPT)
        first, rate = measure(folder)
        after = None if speed else _probe([precision])
        steady = None if speed else _alike(before, after)
        row = Row(name, parameters, precision, said.seconds_to_first_token, first, said.tokens_per_second, rate, steady)
        if steady in (None, True):
            break
        before = after
    return row


def _probe(precisions) -> machine.Speed:
    """What is needed to predict these precisions: ONNX Runtime keeps the cache in fp32."""
    return probes.measure(dict.fromkeys([*precisions, "fp32"]))


def _alike(before: machine.Speed, after: machine.Speed) -> bool:
    pairs = [(before.read[key], after.read[key]) for key in before.read]
    pairs += [(before.compute[key], after.compute[key]) for key in before.compute]
    return all(max(pair) <= STEADY * min(pair) for pair in pairs)


def shape(name: str):
    """The configuration of a model of SHAPES: Phi-3's architecture and vocabulary, in miniature."""
    import transformers

    width, layers, inner, heads = SHAPES[name]
    return transformers.Phi3Config(
        hidden_size=width,
        num_hidden_layers=layers,
        intermediate_size=inner,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        vocab_size=32064,
        max_position_embeddings=4096,
        sliding_window=None,
        pad_token_id=0,
        eos_token_id=0,
    )


def make(name: str, work: Path) -> tuple[Path, int]:
    """A checkpoint with random weights in `work`, with pico-mini's tokenizer (the builder wants one), and its size."""
    import torch
    import transformers

    torch.manual_seed(0)
    transformers.logging.disable_progress_bar()
    model = transformers.Phi3ForCausalLM(shape(name))
    model.save_pretrained(work / name)
    load_tokenizer(WEIGHTS / "pico-mini").save_pretrained(work / name)
    return work / name, model.num_parameters()


def build(checkpoint: Path, precision: str) -> Path:
    """The ONNX form of a checkpoint, beside it."""
    work = checkpoint.with_name(f"{checkpoint.name}-{precision}")
    work.mkdir()
    export.run_builder(checkpoint, work, precision, progress=False)
    return work / "model"


def measure(folder: Path) -> tuple[float, float]:
    """Seconds to the first token of a prompt, and tokens a second after it: the best of several, as the probes are.

    Several are as many as it takes until the best two agree to 5 %: what other programs do is not measured twice.
    """
    from course_utils.models.onnx_model import genai, on_all_cores

    model, firsts, times = genai().Model(on_all_cores(folder)), [], []
    while len(firsts) < max(REPEATS):
        first, rest = _time(model)
        firsts.append(first)
        times.append(rest)
        if len(firsts) >= min(REPEATS) and all(sorted(t)[1] <= 1.05 * min(t) for t in (firsts, times)):
            break
    return min(firsts), (NEW - 1) / min(times)


def _time(model) -> tuple[float, float]:
    """Seconds to the first token, and from there to the last."""
    import numpy

    from course_utils.models.onnx_model import genai

    params = genai().GeneratorParams(model)
    params.set_search_options(max_length=PROMPT + NEW, min_length=PROMPT + NEW, do_sample=False)
    generator, began = genai().Generator(model, params), time.perf_counter()
    generator.append_tokens(numpy.arange(100, 100 + PROMPT, dtype=numpy.int32))
    generator.generate_next_token()
    first = time.perf_counter()
    for _ in range(NEW - 1):
        generator.generate_next_token()
    return first - began, time.perf_counter() - first


class _workshop:
    """A folder in the cache that is gone afterwards, whatever happens."""

    def __enter__(self) -> Path:
        try:
            cache_folder().mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix="fit-", dir=cache_folder()))
        except OSError as error:
            raise CourseError(f"Nothing can be written to {cache_folder()}: {error}. Set COURSE_CACHE.") from error
        return self.folder

    def __exit__(self, kind, error, _) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise CourseError(f"The models could not be kept in {cache_folder()}: {error}. Free some space.") from error


def report(speed: machine.Speed, rows: list[Row]) -> dict:
    """Everything as one dictionary for JSON. `worst`: the ratio furthest from 1; `reached`: all within WITHIN."""
    ratios = [ratio for row in rows for ratio in (row.first_ratio, row.rate_ratio)]
    worst = max(ratios, key=lambda ratio: abs(ratio - 1))
    told = [asdict(row) | {"first_ratio": row.first_ratio, "rate_ratio": row.rate_ratio} for row in rows]
    return {
        "topic": "fit",
        "within": WITHIN,
        "reached": abs(worst - 1) <= WITHIN,
        "worst": worst,
        "rows": told,
        "speed": asdict(speed),
    }


def main(argv: list[str] | None = None) -> int:
    """The command `bench fit`. Its exit status is 0 whatever the figures are: they are a measurement, not a test."""
    parser = argparse.ArgumentParser(prog="python -m course_utils bench fit")
    parser.add_argument("--models", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    try:
        speed = probes.measure()  # for the reader; each row is predicted from probes of its own
        if not args.json:
            print(speed)
        rows = []
        for name in args.models:
            rows += check([name])
            if not args.json:
                print(*rows[-2:], sep="\n", flush=True)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    found = report(speed, rows)
    mark = "all within" if found["reached"] else "not all within"
    print(json.dumps(found) if args.json else f"{mark} {WITHIN:.0%}; the furthest ratio is {found['worst']:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
