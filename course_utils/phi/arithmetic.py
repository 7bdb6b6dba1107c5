"""What follows from a configuration alone: parameters, memory, KV cache, floating-point operations.

Nothing is downloaded and no weight is allocated: models are built by Transformers on PyTorch's `meta` device, where a
matrix has a shape and no numbers. The settings are in configs.json. A model is named by its id, or is a configuration.
"""

from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import pairwise
from types import SimpleNamespace

from course_utils.base import CourseError
from course_utils.phi.facts import check_known
from course_utils.phi.facts import configs as entries

BITS = {"fp32": 32, "fp16": 16, "bf16": 16, "int8": 8, "int4": 4}
# By a piece of a parameter's name in Transformers: to which part of a Count it belongs.
PARTS = {"embed_tokens": "embedding", "lm_head": "head", "router": "router", "experts": "experts"}
PARTS |= {"self_attn": "attention", "mlp": "mlp", "norm": "norms"}
BLOCK = 32  # weights that share a scale in the files of ONNX Runtime GenAI's builder


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
    head: int = 0
    attention: int = 0
    mlp: int = 0
    experts: int = 0
    router: int = 0
    norms: int = 0
    vision: int = 0

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
    """Count the parameters of a model id or of a Transformers configuration, by building it on the `meta` device. Of
    Phi-3-small, which Transformers cannot build, configs.json has the sums. Raises CourseError for an unknown id."""
    return _count_named(model) if isinstance(model, str) else _count_built(model)


def weight_bytes(parameters: int | Count | str, precision: str = "fp16", block: int | None = BLOCK) -> int:
    """Bytes that the weights take, in a file and in memory. `parameters`: a number, a Count, or a model id.

    fp32, fp16, bf16: 4 or 2 bytes a weight.
    int8, int4: as ONNX Runtime GenAI stores them for a CPU: `block` neighbours share one scale of 32 bits. So int4 is
    4 + 32/32 = 5 bits a weight; with `block=None`, bare 4 bits, which no file reaches. The embedding table and the
    norms stay in 32 bits: a Count or an id knows them, a plain number takes all for quantized. A tied table counts
    twice, once for looking up and once quantized for the scores.
    Held to Microsoft's files: within 1.3 % for Phi-3-mini, 3.5-mini and Phi-4. That of Phi-4-mini is 6 % larger: its
    builder kept more of the weights at more bits.
    Raises CourseError for a precision that is none of BITS.
    """
    check_known(precision, BITS, "precision")
    found = count(parameters) if isinstance(parameters, str) else parameters
    total, bits = found.total if isinstance(found, Count) else found, BITS[precision]
    if bits >= 16 or block is None:
        return round(total * bits / 8)
    kept = again = 0
    if isinstance(found, Count):
        kept, again = found.embedding + found.norms, 0 if found.head else found.embedding
    return round(((total - kept + again) * (bits + 32 / block) + kept * 32) / 8)


def kv_cache_bytes(model, context: int, precision: str = "fp16") -> int:
    """Bytes of the key-value cache for `context` tokens: 2 (keys and values) x layers x heads x head size x tokens.

    `model`: an id or a configuration. The heads are its key-value heads, which several attention heads may share; where
    it has a sliding window, no more tokens than that are kept (Transformers keeps one less). int8 and int4 leave their
    scales out. Raises CourseError for an unknown precision, and below 0 tokens.
    """
    check_known(precision, BITS, "precision")
    if context < 0:
        raise CourseError("A context has 0 tokens or more.")
    shape = shape_of(model)
    tokens = min(context, shape.window) if shape.window else context
    return round(2 * shape.layers * shape.kv_heads * shape.head_size * tokens * BITS[precision] / 8)


def prefill_flops(parameters: int, tokens: int, model) -> float:
    """Floating-point operations to read a prompt of `tokens`: 2 for each of the parameters, and attention.

    A token sees those before it, half the prompt on average, so attention is 2 x layers x heads x head size x tokens^2
    (Kaplan et al. 2020, arXiv 2001.08361); a sliding window is not taken off.
    """
    shape = shape_of(model)
    return 2.0 * parameters * tokens + 2.0 * shape.layers * shape.heads * shape.head_size * tokens**2


def shape_of(model) -> SimpleNamespace:
    """The `layers`, `heads`, `kv_heads`, `head_size` and `window` of an id or configuration."""
    settings = SimpleNamespace(**_entry(model)["settings"]) if isinstance(model, str) else model
    heads = settings.num_attention_heads
    return SimpleNamespace(
        layers=settings.num_hidden_layers,
        heads=heads,
        kv_heads=getattr(settings, "num_key_value_heads", None) or heads,
        head_size=getattr(settings, "head_dim", None) or settings.hidden_size // heads,
        window=getattr(settings, "sliding_window", None),
    )


def _entry(name: str) -> dict:
    check_known(name, entries(), "configuration")
    return entries()[name]


@cache
def _count_named(name: str) -> Count:
    entry = _entry(name)
    if not entry["class"]:
        total = sum(entry["parts"].values())
        return Count(total, total, 0, **entry["parts"])
    text = _count_built(config(name))
    if "vision" not in entry:
        return text
    import torch
    from transformers import CLIPVisionConfig, CLIPVisionModel

    with torch.device("meta"):
        encoder = CLIPVisionModel(CLIPVisionConfig(**entry["vision"]))
    sizes = entry["projector"]
    joint = sum(inside * outside + outside for inside, outside in pairwise(sizes))
    vision = encoder.num_parameters() + joint + entry["separators"] * sizes[0]
    return replace(text, total=text.total + vision, active=text.active + vision, vision=vision)


def _count_built(settings) -> Count:
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(settings)
    model.tie_weights()
    parts = {}
    for name, parameter in model.named_parameters():  # a tied matrix comes once, as embed_tokens
        part = next(part for mark, part in PARTS.items() if mark in name)
        parts[part] = parts.get(part, 0) + parameter.numel()
    total, experts = sum(parts.values()), getattr(settings, "num_local_experts", 0)
    one = parts["experts"] // experts if experts else 0
    return Count(total, total - (experts - settings.num_experts_per_tok) * one if experts else total, one, **parts)
