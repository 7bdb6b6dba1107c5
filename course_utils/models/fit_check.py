"""Is the prediction of `course_utils.phi.fit` right on this computer? `bench fit` asks. Real Phis are
too large for a lesson: the forms of SmolLM2, and of models of Phi-3's architecture with 58 to 410 million random
weights, on which speed does not depend, are weighed, timed, and set beside what the arithmetic said before."""

import tempfile
import time
from collections import namedtuple
from pathlib import Path

import numpy

from course_utils.base import CourseError, cache_folder, data
from course_utils.models import smollm2
from course_utils.models.onnx_model import configuration, genai
from course_utils.phi import arithmetic, fit
from course_utils.phi import speed as probes
from course_utils.pico import export
from course_utils.pico.tokenizer import load_tokenizer

REAL = {"smollm2": "smollm2-135m"}  # what the set-up brings, and its name among the facts
SHAPES = data(__file__, "fit_check.json")  # what differs from Phi-3-mini's configuration
PROMPT, NEW, REPEATS = 128, 40, 6  # tokens, tokens, times


FIELDS = "model parameters precision bytes_predicted bytes_measured first_predicted first_measured first_ratio "


class Row(namedtuple("Row", FIELDS + "rate_predicted rate_measured rate_ratio")):
    """One model in one precision, predicted and measured. bytes: of the weights. first: seconds to the first token of a
    prompt of 128 tokens. rate: tokens a second after it. ratio: measured by predicted; 1 is exact."""

    def __str__(self) -> str:
        return (
            f"{self.model:7} {self.precision:5} first token {self.first_predicted:6.3f} s predicted, "
            f"{self.first_measured:6.3f} s measured ({self.first_ratio:.2f});  "
            f"{self.rate_predicted:7.1f} tokens/s predicted, {self.rate_measured:7.1f} measured ({self.rate_ratio:.2f})"
        )


def check(name: str = "58M", speed: probes.Speed | None = None, precisions=("int4", "fp32")) -> list[Row]:
    """Predict, build, measure: a row for "smollm2" or for a model of SHAPES in each precision ("58M": 12 seconds).
    `speed` is what the predictions are made from; without it, this computer is measured first. The forms of SmolLM2 are
    kept; what is made of SHAPES (up to 3.5 GB for "410M") lies in the cache folder for as long as it takes. Raises
    CourseError for an unknown name and where a model does not fit, NotFetched (SmolLM2) and BuildFailed."""
    model = REAL.get(name) or shape(name)
    speed = speed or probes.measure(dict.fromkeys([*precisions, "fp32"]))  # the cache is in fp32
    predictions = [fit.predict(model, precision, speed, PROMPT) for precision in precisions]
    for expected in predictions:
        if not expected.fits:
            raise CourseError(f"{name} in {expected.precision}: {expected.why}. Close other programs.")
    rows, parameters = [], arithmetic.count(model).total
    cache_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fit-", dir=cache_folder(), ignore_cleanup_errors=True) as work:
        checkpoint = None if name in REAL else make(name, Path(work))[0]
        for expected in predictions:
            precision, weights = expected.precision, expected.weights
            folder = build(checkpoint, precision) if checkpoint else smollm2.form(precision)
            if not checkpoint:  # its forms keep one table for both ends, and that with few bits too
                weights = arithmetic.weight_bytes(parameters, precision)
            size = sum(file.stat().st_size for file in folder.glob("*.onnx*"))
            first, rate = measure(folder)
            firsts = (expected.seconds_to_first_token, first, first / expected.seconds_to_first_token)
            rates = (expected.tokens_per_second, rate, rate / expected.tokens_per_second)
            rows.append(Row(name, parameters, precision, weights, size, *firsts, *rates))
    return rows


def shape(name: str):
    """The configuration of a model of SHAPES: Phi-3's architecture and vocabulary, in miniature. Raises CourseError."""
    import transformers

    if name not in SHAPES:
        raise CourseError(f"No model is called {name!r}. Known: {', '.join(SHAPES)}.")
    return transformers.Phi3Config(**SHAPES[name])


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
    model = genai().Model(configuration(folder))
    firsts, rests = zip(*(write(model, PROMPT, NEW) for _ in range(REPEATS)), strict=True)
    return min(firsts), (NEW - 1) / min(rests)


def write(model, prompt: int, tokens: int) -> tuple[float, float]:
    """Have a model of ONNX Runtime GenAI write: seconds to its first token after a prompt, and for the other tokens."""
    params = genai().GeneratorParams(model)
    params.set_search_options(max_length=prompt + tokens, min_length=prompt + tokens, do_sample=False)
    generator, began = genai().Generator(model, params), time.perf_counter()
    generator.append_tokens(numpy.arange(100, 100 + prompt, dtype=numpy.int32))
    generator.generate_next_token()
    first = time.perf_counter()
    for _ in range(tokens - 1):
        generator.generate_next_token()
    return first - began, time.perf_counter() - first
