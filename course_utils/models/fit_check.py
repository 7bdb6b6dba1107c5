"""Is the prediction of `course_utils.phi.fit` right on this computer? `python -m course_utils bench fit`.

Real Phis are too large to build and time in a lesson. So models of the same architecture with 58 to 410 million random
weights are made here, built by ONNX Runtime GenAI's builder, weighed, timed, and set beside what the arithmetic said
before. Speed does not depend on what the weights are. It does depend on what else runs on this computer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from course_utils.base import CourseError, cache_folder
from course_utils.phi import fit
from course_utils.phi import speed as probes
from course_utils.pico import export
from course_utils.pico.tokenizer import load_tokenizer

SHAPES = {  # width, layers, width inside of the MLP, heads
    "58M": (512, 8, 1408, 8),
    "168M": (1024, 8, 2816, 16),
    "410M": (1536, 11, 4096, 24),
}
WITHIN = 0.35  # how far a measured time may be from the predicted one on a quiet computer
PROMPT, NEW, REPEATS = 128, 40, 6  # tokens, tokens, times


@dataclass(frozen=True)
class Row:
    """One model in one precision, predicted and measured.

    bytes: of the weights. first: seconds to the first token of a prompt of 128 tokens. rate: tokens a second after it.
    """

    model: str
    parameters: int
    precision: str
    bytes_predicted: int
    bytes_measured: int
    first_predicted: float
    first_measured: float
    rate_predicted: float
    rate_measured: float

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
        )


def check(
    names: tuple[str, ...] = ("58M",),
    precisions: tuple[str, ...] = ("int4", "fp32"),
    speed: probes.Speed | None = None,
) -> list[Row]:
    """Predict, build, measure: a row for each model of SHAPES and precision. About 12 seconds for each of "58M".

    `speed` is what the predictions are made from; without it, this computer is measured before each model.
    What is made (up to 3.5 GB for "410M") lies in the cache folder for as long as it takes, and is removed.
    Raises CourseError for an unknown name and where a model does not fit, and BuildFailed where the builder fails.
    """
    rows = []
    for name in names:
        if name not in SHAPES:
            raise CourseError(f"No model is called {name!r}. Known: {', '.join(SHAPES)}.")
        now = speed or probes.measure(tuple(dict.fromkeys([*precisions, "fp32"])))  # the cache is kept in fp32
        predictions = [fit.predict(shape(name), precision, now, PROMPT) for precision in precisions]
        for said in predictions:
            if not said.fits:
                raise CourseError(f"{name} in {said.precision}: {said.why}. Close other programs.")
        try:
            cache_folder().mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="fit-", dir=cache_folder(), ignore_cleanup_errors=True) as work:
                checkpoint, parameters = make(name, Path(work))
                for said in predictions:
                    folder = build(checkpoint, said.precision)
                    size = sum(file.stat().st_size for file in folder.glob("*.onnx*"))
                    first, rate = measure(folder)
                    first_pair, rate_pair = (said.seconds_to_first_token, first), (said.tokens_per_second, rate)
                    rows.append(Row(name, parameters, said.precision, said.weights, size, *first_pair, *rate_pair))
        except OSError as error:
            raise CourseError(
                f"The models could not be kept in {cache_folder()}: {error}. Free some space, or set COURSE_CACHE."
            ) from error
    return rows


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
    load_tokenizer().save_pretrained(work / name)
    return work / name, model.num_parameters()


def build(checkpoint: Path, precision: str) -> Path:
    """The ONNX form of a checkpoint, beside it."""
    work = checkpoint.with_name(f"{checkpoint.name}-{precision}")
    work.mkdir()
    export.run_builder(checkpoint, work, precision, progress=False)
    return work / "model"


def measure(folder: Path) -> tuple[float, float]:
    """Seconds to the first token of a prompt, and tokens a second after it: the best of six, as the probes are."""
    import numpy

    from course_utils.models.onnx_model import configuration, genai

    model, prompt = genai().Model(configuration(folder)), numpy.arange(100, 100 + PROMPT, dtype=numpy.int32)
    firsts, rests = [], []
    for _ in range(REPEATS):
        params = genai().GeneratorParams(model)
        params.set_search_options(max_length=PROMPT + NEW, min_length=PROMPT + NEW, do_sample=False)
        generator, began = genai().Generator(model, params), time.perf_counter()
        generator.append_tokens(prompt)
        generator.generate_next_token()
        first = time.perf_counter()
        for _ in range(NEW - 1):
            generator.generate_next_token()
        firsts.append(first - began)
        rests.append(time.perf_counter() - first)
    return min(firsts), (NEW - 1) / min(rests)


def main(argv: list[str] | None = None) -> int:
    """The command `bench fit`. Its exit status is 0 whatever the figures are: they are a measurement, not a test."""
    parser = argparse.ArgumentParser(prog="python -m course_utils bench fit")
    parser.add_argument("--models", nargs="+", choices=SHAPES, default=list(SHAPES), help="which to build and time")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args = parser.parse_args(argv)
    rows = []
    try:
        for name in args.models:
            more = check((name,))
            rows += more
            if not args.json:
                print(*more, sep="\n", flush=True)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    worst = max((ratio for row in rows for ratio in (row.first_ratio, row.rate_ratio)), key=lambda r: abs(r - 1))
    reached = abs(worst - 1) <= WITHIN
    if args.json:
        told = [asdict(row) | {"first_ratio": row.first_ratio, "rate_ratio": row.rate_ratio} for row in rows]
        print(json.dumps({"topic": "fit", "within": WITHIN, "reached": reached, "worst": worst, "rows": told}))
    else:
        print(f"{'all' if reached else 'not all'} within {WITHIN:.0%}; the furthest ratio is {worst:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
