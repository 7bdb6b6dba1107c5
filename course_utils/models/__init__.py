"""One file for each way of running a model, and `load`, which picks one from a table."""

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path

from course_utils import pico
from course_utils.models import smollm2
from course_utils.models.chat import ChatModel, CourseError, UnknownOption
from course_utils.models.onnx_model import OnnxModel
from course_utils.models.torch_model import TransformersModel, TransformersVision, device_for
from course_utils.phi.catalog import MODELS
from course_utils.pico.export import onnx_folder


class UnknownModel(CourseError):
    """There is no model, or no runtime, of that name."""


def load(name: str = "smollm2", runtime: str | None = None, **options) -> ChatModel:
    """A model that is ready to answer. Without a runtime, the first of its row here, which is the quickest.

        name            runtimes             what it is
        "smollm2"       onnx, transformers   SmolLM2-135M-Instruct, a real one: it answers anything, and is often wrong
        "pico-mini"     onnx, transformers   part of the course, 2 million parameters: it knows its textbook
        "pico-medium"   onnx, transformers   its bigger sibling
        "pico-vision"   onnx, transformers   it sees: give `pictures=[...]` with a question
        "pico-moe"      transformers         a mixture of experts
        "phi-3.5-mini"  onnx, transformers   Microsoft's own, fetched first: see below
        "phi-4-mini"    transformers         its successor, fetched first as well
        any other       ollama, cloud        what a server has, by the name that it gives it

    A Phi is fetched after showing what that costs and asking; if it cannot be had, one line says why and pico-mini
    answers instead (`model.name` tells which one you hold). It also does where the set-up could not bring SmolLM2.
    SmolLM2 answers with the sampling that its makers recommend; `temperature=0` is greedy, as the pico models are.

    Options: with "onnx", pico-mini and pico-medium take `precision="fp32"`, "int8" or "int4", and smollm2 takes these
    and "mixed", which is four bits for half of the weights, eight for the rest, its default; with "transformers",
    pico-vision takes `most`, the number of details that it sees of a picture. "ollama" takes `host` and `timeout` (see
    OllamaModel), "cloud" takes `base_url`, `key` and `timeout` (see CloudModel). Raises UnknownModel or UnknownOption.
    """
    runtimes = ("transformers", "onnx", "ollama", "cloud")
    if runtime is not None and runtime not in runtimes:
        raise UnknownModel(f"There is no runtime {runtime!r}. There are: {', '.join(runtimes)}.")
    row = TABLE.get(name)
    if runtime in runtimes[2:]:  # any name goes; imported here, with the network's libraries
        from course_utils.models.cloud_model import CloudModel
        from course_utils.models.ollama_model import OllamaModel

        row = {"ollama": OllamaModel, "cloud": CloudModel}
    if row is None:
        raise UnknownModel(f"There is no model {name!r}. There are: {', '.join(TABLE)}.")
    runtime = runtime or next(iter(row))
    opened = row.get(runtime)
    if opened is None:
        why = ": ONNX Runtime GenAI's builder has no way for PhiMoE on a CPU" if name == "pico-moe" else ""
        raise UnknownModel(f"{name} runs here with: {', '.join(row)}. Not with {runtime!r}{why}.")
    known = list(inspect.signature(opened).parameters)[1:]  # the first is the name
    if unknown := [option for option in options if option not in known]:
        raise UnknownOption(unknown[0], known)
    try:
        return opened(name, **options)
    except smollm2.NotFetched as error:
        if name == "pico-mini":
            raise
        print(f"pico-mini answers instead of {name}: {error}.")
    # Only here, where the error is gone, and with it what may have been loaded of a model that is too large.
    return load("pico-mini", runtime, **({} if options.get("precision") == smollm2.MIXED else options))


def _pico_onnx(name: str, precision: str = "fp32") -> ChatModel:
    return _opened(OnnxModel, onnx_folder(name, precision), name)


def _smollm2_onnx(name: str, precision: str = smollm2.MIXED) -> ChatModel:
    return _opened(OnnxModel, smollm2.form(precision), name)


def _smollm2_torch(name: str) -> ChatModel:
    return _opened(TransformersModel, smollm2.folder(), name)


def _pico_torch(name: str) -> ChatModel:
    return TransformersModel(pico.folder(name), name)


def _fetched(runtime: str, name: str) -> ChatModel:
    """A model of the hub. Raises NotFetched."""
    from course_utils.models import hub  # here: it needs the network's libraries

    download = MODELS[name][runtime]
    device = device_for(download.memory) if runtime == "transformers" else "cpu"
    folder = hub.fetch(name, runtime, download, in_memory=device == "cpu")
    more = (TransformersModel, folder, name, download.dtype, device)
    return _opened(OnnxModel, folder, name) if runtime == "onnx" else _opened(*more)


def _opened(kind: Callable[..., ChatModel], folder: Path, *arguments) -> ChatModel:
    """The model in a folder of the cache. Raises NotFetched where there is too little memory, or a file is damaged."""
    try:
        model = kind(folder, *arguments)
    except Exception as error:  # each of the libraries has its own
        said = " ".join(f"{type(error).__name__}: {error}".split())[:100]
        mend = f"close other programs; if its files are damaged, delete {folder}, and it is made anew"
        raise smollm2.NotFetched(f"it could not be loaded ({said}); {mend}") from error
    if model.name == "smollm2":
        model.defaults = smollm2.SAMPLING
    return model


# name -> runtime -> what opens it; the first runtime of a row is the one that nobody has to name
TABLE: dict[str, dict[str, Callable[..., ChatModel]]] = {
    "smollm2": {"onnx": _smollm2_onnx, "transformers": _smollm2_torch},
    "pico-mini": {"onnx": _pico_onnx, "transformers": _pico_torch},
    "pico-medium": {"onnx": _pico_onnx, "transformers": _pico_torch},
    "pico-moe": {"transformers": _pico_torch},
    "pico-vision": {"onnx": _pico_onnx, "transformers": TransformersVision},
    "phi-3.5-mini": {"onnx": partial(_fetched, "onnx"), "transformers": partial(_fetched, "transformers")},
    "phi-4-mini": {"transformers": partial(_fetched, "transformers")},
}
