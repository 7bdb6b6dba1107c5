"""Which Phi fits this computer, and how fast will it be? Arithmetic, and a measurement of ten seconds.

The model is the roofline (Williams et al. 2009, doi 10.1145/1498765.1498785): a step takes as long as its slower half,
moving the bytes or doing the arithmetic. To compute one token, every weight in use is read once and used once, so
decoding waits for memory. A prompt uses each weight for all its tokens at once, so reading it waits for arithmetic.
`python -m course_utils bench fit` holds the prediction against models that it builds here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from course_utils.base import CourseError
from course_utils.phi import facts
from course_utils.phi.arithmetic import count, entries, kv_cache_bytes, prefill_flops, shape_of, weight_bytes
from course_utils.phi.speed import Speed
from course_utils.setup.machine import GB

ONNX = "ONNX Runtime GenAI"
ENGINES = {"int4": ONNX, "int8": ONNX, "bf16": "Transformers", "fp32": ONNX}  # who runs which precision here
# Measured with a chain of matrices on two cores of an AMD EPYC (family 26): ONNX Runtime 1.32 turns each fp16 weight
# into fp32 when it loads, and PyTorch 2.13 reads a prompt in fp16 at 59 billion operations a second, in bf16 at 835.
FP16 = " A processor gains nothing from fp16: ONNX Runtime loads it as fp32, and PyTorch reads prompts far slower."
# What a running model needs besides its weights and its cache. Measured with Phi-3-mini's shape in int4, 2.72 GB of
# weights: 3.5 GB resident with a prompt of 128 tokens, which is 0.3 GB and 15 % of the weights.
BESIDES, BESIDES_SHARE = 0.3 * GB, 0.15
OPERATORS_A_LAYER = 12  # in the graph of ONNX Runtime GenAI's builder


@dataclass(frozen=True)
class Prediction:
    """What is expected of a model in one precision on one computer.

    weights, cache, besides, needed, free: bytes; `needed` is the sum of the first three
    seconds_to_first_token: for the given prompt. tokens_per_second: after a prompt and half an answer of that length.
    Both are None where the model does not fit or no engine runs it. `why` says in words what decides.
    """

    model: str
    precision: str
    weights: int
    cache: int
    besides: int
    needed: int
    free: int
    fits: bool
    seconds_to_first_token: float | None
    tokens_per_second: float | None
    why: str

    def __str__(self) -> str:
        speed = ""
        if self.tokens_per_second is not None:
            speed = f"  {self.seconds_to_first_token:7.2f} s  {self.tokens_per_second:6.1f} tokens/s"
        mark = "yes" if self.fits else "no "
        return f"{self.model:22} {self.precision:5} {self.needed / GB:6.1f} GB  {mark}{speed}  {self.why}"


def predict(model, precision: str, speed: Speed, prompt: int = 128, context: int = 4096) -> Prediction:
    """Predict memory and speed of a model id, or of a Transformers configuration, in one precision.

    `prompt`: tokens in the question. `context`: tokens for which there shall be room, at most the model's own; the KV
    cache is in the precision that the engine computes in. Raises CourseError for an unknown model or precision, and for
    numbers below 1.
    """
    if precision not in ENGINES:
        why = FP16 if precision == "fp16" else ""
        raise CourseError(f"precision is {precision!r}; take one of {', '.join(ENGINES)}.{why}")
    if prompt < 1 or context < 1:
        raise CourseError("A prompt and a context have at least one token.")
    name = model if isinstance(model, str) else type(model).__name__
    context = min(context, longest(model))
    prompt = min(prompt, context)
    counted, cached_in = count(model), "bf16" if precision == "bf16" else "fp32"
    weights, cache = weight_bytes(counted, precision), kv_cache_bytes(model, context, cached_in)
    besides = round(BESIDES + BESIDES_SHARE * weights)
    needed, free = weights + cache + besides, speed.memory.available
    unable = ""
    if counted.experts and ENGINES[precision] == ONNX:
        unable = "no engine: ONNX Runtime GenAI's builder makes no processor form of a mixture of experts"
    elif isinstance(model, str) and not entries()[model]["class"]:
        unable = "no engine: Transformers and ONNX Runtime GenAI have no class of their own for it"
    fits = needed <= free and not unable
    first = rate = None
    if fits:
        # Neither idle experts nor a picture encoder; a table of embeddings only where it is also the head.
        used = counted.active - counted.vision - (counted.embedding if counted.head else 0)
        operators = shape_of(model).layers * OPERATORS_A_LAYER
        read = weight_bytes(used, precision) / speed.read[precision]  # seconds, as all that follows
        first = max(prefill_flops(used, prompt, model) / speed.compute[precision], read) + operators * speed.operator
        seen = prompt + min(prompt, context - prompt) // 2  # tokens, whose keys and values are read for each new one
        cached = kv_cache_bytes(model, seen, cached_in) / speed.read[cached_in]
        rate = 1 / (read + cached + operators * speed.operator)
    parts = f"{weights / GB:.1f} GB weights + {cache / GB:.1f} GB cache + {besides / GB:.1f} GB besides"
    if unable:
        why = unable
    elif fits:
        why = f"fits: {parts}, of {free / GB:.1f} GB free"
    elif weights > free:
        why = f"too large: its weights alone take {weights / GB:.1f} GB, and {free / GB:.1f} GB are free"
    else:
        why = f"too large: {parts}, and {free / GB:.1f} GB are free; a shorter context needs less"
    return Prediction(name, precision, weights, cache, besides, needed, free, fits, first, rate, why)


def longest(model) -> int:
    """The longest context of a model id or configuration, in tokens."""
    return facts.figure(model, "context").value if isinstance(model, str) else model.max_position_embeddings


def table(
    speed: Speed, precisions: Iterable[str] = tuple(ENGINES), prompt: int = 128, context: int = 4096
) -> list[Prediction]:
    """A prediction for each Phi whose configuration is known, in each precision. Smallest first; of those with as many
    parameters and as long a context, the newest that does not think aloud."""
    different = {}
    for name in facts.models("phi"):
        if name in entries():
            key = (count(name).total, longest(name))
            if key not in different or facts.model(name).kind != "reasoning":
                different[key] = name
    names = [different[key] for key in sorted(different)]
    return [predict(name, precision, speed, prompt, context) for name in names for precision in precisions]
