"""What follows from a configuration alone: parameters, memory, KV cache, floating-point operations.

    count("phi-3.5-moe").active                       # 6,640,999,744
    weight_bytes(count("phi-3.5-mini"), "int4")       # 2.72 GB, as the real file
    kv_cache_bytes("phi-3.5-mini", 131072)            # 48 GiB

Nothing is downloaded and no weight is allocated: models are built by Transformers on PyTorch's `meta` device, where a
matrix has a shape and no numbers. The settings are in configs.json. A model is named by its id, or is a configuration.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from types import SimpleNamespace

from course_utils.base import CourseError
from course_utils.phi.facts import configs as entries

BITS = {"fp32": 32, "fp16": 16, "bf16": 16, "int8": 8, "int4": 4}
BLOCK = 32  # weights that share a scale, where ONNX Runtime GenAI's builder is told nothing else
ATTENTION = ("full", "grouped", "window")


@dataclass(frozen=True)
class Count:
    """The parameters of a model, part by part: those from `embedding` on add up to `total`.

    active:     how many work on one token; less than `total` only in a mixture of experts
    one_expert: the weights of one expert through all layers; counted in `experts` already, as `total` and `active` are
    embedding:  the table that turns tokens into vectors
    head:       the matrix that turns vectors into scores; 0 where it is the same table ("tied")
    attention, mlp, experts, router, norms: of all layers; a dense model has mlp, a mixture has experts and router
    vision:     the picture encoder and what joins it to the language model
    """

    total: int
    active: int
    one_expert: int
    embedding: int
    head: int
    attention: int
    mlp: int
    experts: int
    router: int
    norms: int
    vision: int

    def parts(self) -> dict[str, int]:
        """The parts that add up to `total`, without those that the model does not have."""
        names = [field.name for field in fields(self)][3:]
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def config(name: str):
    """The model's configuration, as an object of Transformers (Phi3Config, PhiConfig, PhimoeConfig, MistralConfig).

    Of a vision model it is the text part. Rotary positions are plain where the file has LongRoPE: they have no
    parameters, so every count is right, but the object is for arithmetic and not for loading weights.
    Raises CourseError for an unknown id, and for a model that Transformers has no class for.
    """
    entry = _entry(name)
    if not entry["class"]:
        raise CourseError(f"{name} has no configuration object. {entry['why']}")
    import transformers

    return getattr(transformers, entry["class"])(**entry["settings"])


def count(model) -> Count:
    """Count the parameters of a model id or of a Transformers configuration, by building it on the `meta` device.

    Phi-3-small, which Transformers cannot build, is added up by hand. Raises CourseError for an unknown id.
    """
    return _count_named(model) if isinstance(model, str) else _count_built(model)


def weight_bytes(
    parameters, precision: str = "fp16", block: int | None = BLOCK, compute: str = "fp32", shared: bool = False
) -> int:
    """Bytes that the weights take, in a file and in memory. `parameters`: a number, a Count, or a model id.

    fp32, fp16, bf16: 4 or 2 bytes a weight.
    int8, int4: as ONNX Runtime GenAI stores them: `block` neighbours share one scale in the precision that the engine
    computes in (`compute`: fp32 on a CPU, fp16 on a GPU). So int4 is 4 + 32/32 = 5 bits a weight on a CPU, 4 + 16/32 =
    4.5 on a GPU; with `block=None`, bare 4 bits, which no file reaches. The embedding table and the norms stay in
    `compute`: a Count or an id knows them, a plain number takes all for quantized. A tied table is stored twice, once
    in `compute` for looking up and once quantized for the scores; with `shared`, once and quantized, as version 0.18 of
    the builder does in int4 (measured with pico), and llama.cpp.
    Held to Microsoft's files: within 1.3 % for Phi-3-mini, 3.5-mini and Phi-4. Those of Phi-4-mini are 6 % (CPU) and
    18 % (GPU) larger than this: its builders kept more of the weights at more bits.
    Raises CourseError for a precision that is none of BITS.
    """
    _known(precision, BITS, "precision")
    _known(compute, ("fp32", "fp16", "bf16"), "compute")
    found = count(parameters) if isinstance(parameters, str) else parameters
    total = found.total if isinstance(found, Count) else found
    bits = bits_a_weight(precision, block, compute)
    if BITS[precision] >= 16 or not isinstance(found, Count) or not block:
        return round(total * bits / 8)
    twice = found.embedding if not found.head and not shared else 0
    kept = found.norms + (0 if shared and not found.head else found.embedding)
    return round(((total - kept + twice) * bits + kept * BITS[compute]) / 8)


def bits_a_weight(precision: str, block: int | None = BLOCK, compute: str = "fp32") -> float:
    """Bits that one quantized weight takes, its share of the scale included: 5.0 for int4 on a CPU."""
    _known(precision, BITS, "precision")
    bits = BITS[precision]
    return bits + BITS[compute] / block if bits < 16 and block else float(bits)


def kv_cache_bytes(model, context: int, precision: str = "fp16", attention: str | None = None, batch: int = 1) -> int:
    """Bytes of the key-value cache for `context` tokens: 2 (keys and values) x layers x heads x head size x tokens.

    attention: whose keys are kept.
      None      the model's own: its key-value heads, and its window where it has one
      "full"    each attention head has keys and values of its own (multi-head attention)
      "grouped" the key-value heads of the configuration, which several attention heads share; all tokens
      "window"  the same, but `sliding_window` tokens at most (Transformers keeps one less)
    batch: conversations at the same time. `model`: an id or a configuration. int8 and int4 leave their scales out.
    Raises CourseError for a word that is not known, for "window" without a window, and below 0 tokens.
    """
    _known(precision, BITS, "precision")
    shape = _shape(model)
    if attention is not None:
        _known(attention, ATTENTION, "attention")
    if attention == "window" and not shape.window:
        raise CourseError('This model has no sliding window. Take "grouped", or a model with one: phi-3-mini-4k.')
    if context < 0 or batch < 1:
        raise CourseError("A context has 0 tokens or more, and a batch at least one conversation.")
    windowed = attention in (None, "window") and shape.window
    tokens = min(context, shape.window) if windowed else context
    heads = shape.heads if attention == "full" else shape.kv_heads
    return round(2 * shape.layers * heads * shape.head_size * tokens * batch * BITS[precision] / 8)


def training_flops(parameters, tokens: float) -> float:
    """Floating-point operations to train on `tokens`: 6 N D, 2 N forward and 4 N backward for each token.

    Kaplan et al. 2020, arXiv 2001.08361. An estimate: the attention term is left out. `parameters`: a number, or a
    Count or model id, of which the active ones count.
    """
    return 6.0 * _active(parameters) * tokens


def decode_flops(parameters, model=None, context: int = 0) -> float:
    """Floating-point operations for one new token: 2 N, one multiplication and one addition for each weight.

    With `model` (an id or configuration) and `context`, attention comes on top: 4 x layers x attention heads x head
    size x context, half of it for comparing with the keys and half for adding up the values. Kaplan et al. 2020
    (arXiv 2001.08361) have 2 N + 2 x layers x context x width for the mean position of a sequence of that length.
    `parameters` as in `training_flops`. N includes the embedding table, which is only looked up: 2.6 % of Phi-3.5-mini.
    """
    flops = 2.0 * _active(parameters)
    if model is not None:
        shape = _shape(model)
        seen = min(context, shape.window) if shape.window else context
        flops += 4.0 * shape.layers * shape.heads * shape.head_size * seen
    return flops


def prefill_flops(parameters, tokens: int, model=None) -> float:
    """Floating-point operations to read a prompt of `tokens`: 2 N for each, and attention where `model` is given.

    A token sees those before it, half the prompt on average, so attention is 2 x layers x heads x head size x tokens^2
    (Kaplan et al. 2020, arXiv 2001.08361); a sliding window is not taken off.
    """
    flops = 2.0 * _active(parameters) * tokens
    if model is not None:
        shape = _shape(model)
        flops += 2.0 * shape.layers * shape.heads * shape.head_size * tokens**2
    return flops


def intensity(model, batch: int = 1, precision: str = "fp16", context: int = 0) -> float:
    """Floating-point operations for each byte read from memory, while `batch` conversations each get their next token.

    The weights are read once for all of them, each one's cache (in fp16) for itself. So it is about 1 for fp16 and one
    conversation, and grows with the batch; a processor that can do more operations for each byte it reads waits for
    memory. A mixture of experts reads only the experts that some token was sent to; the share of them is that of
    tokens choosing at random: 1 - (1 - used / experts) ^ batch. Weights have their bare bits (`block=None`).
    """
    _known(precision, BITS, "precision")
    if batch < 1:
        raise CourseError("A batch has at least one conversation.")
    found = count(model)
    unused = 0.0
    if found.experts:
        used = 1 - (found.total - found.active) / found.experts
        unused = found.experts * (1 - used) ** batch
    moved = (found.total - unused) * BITS[precision] / 8 + kv_cache_bytes(model, context, batch=batch)
    return batch * decode_flops(found, model, context) / moved


def _entry(name: str) -> dict:
    if name not in entries():
        close = get_close_matches(str(name), entries(), n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise CourseError(f"No configuration of {name!r} is known.{hint} Known: {', '.join(entries())}.")
    return entries()[name]


def _known(word: str, words, what: str) -> None:
    if word not in words:
        raise CourseError(f"{what} is {word!r}; take one of {', '.join(words)}.")


def _active(parameters) -> float:
    found = count(parameters) if isinstance(parameters, str) else parameters
    return found.active if isinstance(found, Count) else found


def _shape(model) -> SimpleNamespace:
    """Layers, heads, key-value heads, head size and window of an id or configuration."""
    given = SimpleNamespace(**_entry(model)["settings"]) if isinstance(model, str) else model
    heads = given.num_attention_heads
    return SimpleNamespace(
        layers=given.num_hidden_layers,
        heads=heads,
        kv_heads=getattr(given, "num_key_value_heads", None) or heads,
        head_size=getattr(given, "head_dim", None) or given.hidden_size // heads,
        window=getattr(given, "sliding_window", None),
    )


@cache
def _count_named(name: str) -> Count:
    entry = _entry(name)
    text = _count_built(config(name)) if entry["class"] else _count_by_hand(entry["settings"])
    if "vision" not in entry:
        return text
    import torch
    from transformers import CLIPVisionConfig, CLIPVisionModel

    with torch.device("meta"):
        encoder = CLIPVisionModel(CLIPVisionConfig(**entry["vision"]))
    sizes = entry["projector"]
    joint = sum(inside * outside + outside for inside, outside in zip(sizes, sizes[1:], strict=False))
    vision = encoder.num_parameters() + joint + entry["separators"] * sizes[0]
    values = {field.name: getattr(text, field.name) for field in fields(text)}
    return Count(**values | {"vision": vision, "total": text.total + vision, "active": text.active + vision})


def _count_built(given) -> Count:
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(given)
    model.tie_weights()
    parts = dict.fromkeys([field.name for field in fields(Count)], 0)
    for name, parameter in model.named_parameters():  # a tied matrix comes once, as embed_tokens
        parts[_part(name)] += parameter.numel()
    return _sum_up(parts, getattr(given, "num_local_experts", 0), getattr(given, "num_experts_per_tok", 0))


def _part(name: str) -> str:
    """To which part of a Count a parameter of Transformers belongs, by its name."""
    marks = {"embed_tokens": "embedding", "lm_head": "head", "router": "router", "experts": "experts"}
    marks |= {"self_attn": "attention", "mlp": "mlp", "norm": "norms"}
    return next(part for mark, part in marks.items() if mark in name)


def _count_by_hand(s: dict) -> Count:
    """Phi-3-small: linear layers with biases, layer norms with biases, one table for embedding and head."""
    width, layers, inner = s["hidden_size"], s["num_hidden_layers"], s["intermediate_size"]
    keys = width // s["num_attention_heads"] * s["num_key_value_heads"]
    attention = width * (width + 2 * keys) + (width + 2 * keys) + width * width + width
    mlp = width * 2 * inner + 2 * inner + inner * width + width
    parts = dict.fromkeys([field.name for field in fields(Count)], 0)
    parts |= {"embedding": s["vocab_size"] * width, "attention": layers * attention, "mlp": layers * mlp}
    return _sum_up(parts | {"norms": (2 * layers + 1) * 2 * width})


def _sum_up(parts: dict[str, int], experts: int = 0, used: int = 0) -> Count:
    total = sum(parts.values())
    one = parts["experts"] // experts if experts else 0
    return Count(**parts | {"total": total, "active": total - (experts - used) * one, "one_expert": one})
