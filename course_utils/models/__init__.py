"""One file for each way of running a model, and `load`, which picks one from a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from course_utils.models.chat import ChatModel, CourseError, UnknownOption

RUNTIMES = ("transformers", "onnx", "ollama", "cloud")


class UnknownModel(CourseError):
    """There is no model, or no runtime, of that name."""


@dataclass(frozen=True)
class Entry:
    """How a model is opened in a runtime: `open(name, **options)`, and the names of the options that it takes."""

    open: Callable[..., ChatModel]
    options: tuple[str, ...] = ()


def load(name: str = "pico-mini", runtime: str | None = None, **options) -> ChatModel:
    """A model that is ready to answer. Without a runtime, the first of its row here, which is the quickest.

        name            runtimes             what it is
        "pico-mini"     onnx, transformers   part of the course, 2 million parameters: it knows its textbook
        "pico-medium"   onnx, transformers   its bigger sibling
        "pico-vision"   onnx, transformers   it sees: give `pictures=[...]` with a question
        "pico-moe"      transformers         a mixture of experts
        "phi-3.5-mini"  onnx, transformers   Microsoft's own, fetched first: see below
        "phi-4-mini"    transformers         its successor, fetched first as well
        any other       ollama, cloud        what a server has, by the name that it gives it

    A Phi is fetched after showing what that costs and asking; if it cannot be had, one line says why and pico-mini
    answers instead (`model.name` tells which one you hold).

    Options: with "onnx", pico-mini and pico-medium take `precision="fp32"`, "int8" or "int4"; with "transformers",
    pico-vision takes `most`, the number of details that it sees of a picture. "ollama" takes `host` and
    `timeout` (see ollama_model.OllamaModel, which also says what it raises where there is no server or no such model);
    "cloud" takes `base_url`, `key` and `timeout` (see cloud_model.CloudModel).
    Raises UnknownModel or UnknownOption.
    """
    entry = SERVERS[runtime] if runtime in SERVERS else _entry(name, runtime)
    for option in options:
        if option not in entry.options:
            raise UnknownOption(option, entry.options)
    return entry.open(name, **options)


def _entry(name: str, runtime: str | None) -> Entry:
    """The entry of TABLE for a name and a runtime. Raises UnknownModel."""
    if runtime is not None and runtime not in RUNTIMES:
        raise UnknownModel(f"There is no runtime {runtime!r}. There are: {', '.join(RUNTIMES)}.")
    if name not in TABLE:
        raise UnknownModel(f"There is no model {name!r}. There are: {', '.join(TABLE)}.")
    row = TABLE[name]
    if runtime is None:
        return next(iter(row.values()))
    if runtime not in row:
        why = WHY_NOT.get((name, runtime), "")
        raise UnknownModel(f"{name} runs here with: {', '.join(row)}. Not with {runtime!r}{why}.")
    return row[runtime]


# How each is opened. The engines are imported here, where one of them is wanted, and not with this file.


def _pico_onnx(name: str, precision: str = "fp32") -> ChatModel:
    from course_utils.models.onnx_model import OnnxModel
    from course_utils.pico.export import onnx_folder

    return OnnxModel(onnx_folder(name, precision), name)


def _pico_torch(name: str) -> ChatModel:
    from course_utils.models.torch_model import TransformersModel
    from course_utils.pico import folder

    return TransformersModel(folder(name), name)


def _vision_onnx(name: str) -> ChatModel:
    from course_utils.models.vision_model import OnnxVision

    return OnnxVision()


def _vision_torch(name: str, most: int = 16) -> ChatModel:
    from course_utils.models.vision_model import TransformersVision

    return TransformersVision(most=most)


def _phi_onnx(name: str) -> ChatModel:
    from course_utils.models.onnx_model import OnnxModel

    return _fetched(name, "onnx", "cpu", lambda folder, dtype: OnnxModel(folder, name))


def _phi_torch(name: str) -> ChatModel:
    from course_utils.models.torch_model import TransformersModel, device_for
    from course_utils.phi.catalog import MODELS

    device = device_for(MODELS[name]["transformers"].memory)
    return _fetched(name, "transformers", device, lambda folder, dtype: TransformersModel(folder, name, dtype, device))


def _fetched(name: str, runtime: str, device: str, opened: Callable) -> ChatModel:
    """A model of the hub, `opened(folder, dtype)`, or else pico-mini in the same runtime and a line that says why."""
    from course_utils.models import hub
    from course_utils.phi.catalog import MODELS

    download = MODELS[name][runtime]
    try:
        folder = hub.fetch(name, runtime, download, in_memory=device == "cpu")
        return opened(folder, download.dtype)
    except hub.DownloadError as reason:
        print(f"pico-mini answers instead of {name}: {reason}.")
    except (MemoryError, RuntimeError, OSError) as error:  # too little memory, most of all
        first = (str(error).splitlines() or [""])[0][:120]
        why = f"{type(error).__name__}: {first}" if first else type(error).__name__
        print(f"pico-mini answers instead of {name}: it could not be loaded ({why}).")
    return load("pico-mini", runtime)


def _ollama(name: str, **options) -> ChatModel:
    from course_utils.models.ollama_model import OllamaModel

    return OllamaModel(name, **options)


def _cloud(name: str, **options) -> ChatModel:
    from course_utils.models.cloud_model import CloudModel

    return CloudModel(name, **options)


# name -> runtime -> how it is opened; the first runtime of a row is the one that nobody has to name
TABLE: dict[str, dict[str, Entry]] = {
    "pico-mini": {"onnx": Entry(_pico_onnx, ("precision",)), "transformers": Entry(_pico_torch)},
    "pico-medium": {"onnx": Entry(_pico_onnx, ("precision",)), "transformers": Entry(_pico_torch)},
    "pico-moe": {"transformers": Entry(_pico_torch)},
    "pico-vision": {"onnx": Entry(_vision_onnx), "transformers": Entry(_vision_torch, ("most",))},
    "phi-3.5-mini": {"onnx": Entry(_phi_onnx), "transformers": Entry(_phi_torch)},
    "phi-4-mini": {"transformers": Entry(_phi_torch)},
}
SERVERS = {  # a server knows its own models: any name goes
    "ollama": Entry(_ollama, ("host", "timeout")),
    "cloud": Entry(_cloud, ("base_url", "key", "timeout")),
}
WHY_NOT = {("pico-moe", "onnx"): ": ONNX Runtime GenAI's builder has no way for PhiMoE on a CPU"}
