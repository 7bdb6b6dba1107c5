"""One file for each way of running a model, and `load`, which picks one."""

from __future__ import annotations

from course_utils.models.chat import ChatModel, CourseError, UnknownOption

RUNTIMES = ("transformers", "onnx", "ollama", "cloud")


class UnknownModel(CourseError):
    """There is no model, or no runtime, of that name."""


def load(name: str = "pico-mini", runtime: str = "transformers", **options) -> ChatModel:
    """A model that is ready to answer.

    `name` is "pico-mini" or its bigger sibling "pico-medium", which are part of the course, or a real model:
    "phi-3.5-mini" or "phi-4-mini". "pico-vision" sees: it takes `pictures=[...]` with a question. "pico-moe" is a
    mixture of experts, for Transformers only. A real one is fetched first, after showing what that costs and asking; if
    it cannot be had, one line says why and pico-mini answers instead (`model.name` tells which one you hold).
    `runtime` is "transformers" or "onnx". With "onnx", the pico models take `precision="fp32"`, "int8" or "int4".
    With "ollama", `name` is any model of the Ollama server, and `host`, `timeout` and `keep_alive` are options: see
    ollama_model.OllamaModel, which also says what it raises where there is no server or no such model.
    With "cloud", `name` is any model of a service that speaks OpenAI's dialect at `base_url`; `key`, `timeout` and
    `retries` are options: see cloud_model.CloudModel.
    Raises UnknownModel or UnknownOption.
    """
    from course_utils.phi.catalog import MODELS
    from course_utils.pico import MODELS as PICO
    from course_utils.pico import MOE, SHIPPED, VISION

    if runtime not in RUNTIMES:
        raise UnknownModel(f"There is no runtime {runtime!r}. There are: {', '.join(RUNTIMES)}.")
    if runtime == "ollama":
        from course_utils.models.ollama_model import OllamaModel

        _check(options, ("host", "timeout", "keep_alive"))
        return OllamaModel(name, **options)
    if runtime == "cloud":
        from course_utils.models.cloud_model import CloudModel

        _check(options, ("base_url", "key", "timeout", "retries"))
        return CloudModel(name, **options)
    if name in PICO:
        return _load_pico(name, runtime, options)
    if name == VISION:
        return _load_vision(runtime, options)
    if name == MOE:
        if runtime != "transformers":
            raise UnknownModel(
                f"{name} runs here with transformers only: ONNX Runtime GenAI's builder has no way for PhiMoE on a CPU."
            )
        return _load_pico(name, runtime, options)
    if name not in MODELS:
        raise UnknownModel(f"There is no model {name!r}. There are: {', '.join([*SHIPPED, *MODELS])}.")
    if runtime not in MODELS[name]:
        raise UnknownModel(f"{name} runs here with: {', '.join(MODELS[name])}. Not with {runtime!r}.")
    return _load_phi(name, runtime, options)


def _load_pico(name: str, runtime: str, options: dict) -> ChatModel:
    from course_utils.pico import folder

    if runtime == "transformers":
        from course_utils.models.torch_model import TransformersModel

        _check(options, ())
        return TransformersModel(folder(name), name=name)

    from course_utils.models.onnx_model import OnnxModel
    from course_utils.pico.export import onnx_folder

    _check(options, ("precision",))
    return OnnxModel(onnx_folder(name, **options), name=name)


def _load_vision(runtime: str, options: dict) -> ChatModel:
    from course_utils.models import vision_model as vision

    if runtime == "transformers":
        _check(options, ("most",))
        return vision.TransformersVision(**options)
    _check(options, ())
    return vision.OnnxVision()


def _load_phi(name: str, runtime: str, options: dict) -> ChatModel:
    from course_utils.models.hub import DownloadError, fetch
    from course_utils.phi.catalog import MODELS

    _check(options, ())
    model = MODELS[name][runtime]
    device = _device(model.memory) if runtime == "transformers" else "cpu"
    try:
        files = fetch(name, runtime, model, in_memory=device == "cpu")
    except DownloadError as reason:
        print(f"pico-mini answers instead of {name}: {reason}.")
        return _load_pico("pico-mini", runtime, {})
    try:
        if runtime == "transformers":
            from course_utils.models.torch_model import TransformersModel

            return TransformersModel(files, name=name, dtype=model.dtype, device=device)
        from course_utils.models.onnx_model import OnnxModel

        return OnnxModel(files, name=name)
    except (MemoryError, RuntimeError, OSError) as error:  # too little memory, most of all
        first = (str(error).splitlines() or [""])[0][:120]
        why = f"{type(error).__name__}: {first}" if first else type(error).__name__
    print(f"pico-mini answers instead of {name}: it could not be loaded ({why}).")
    return _load_pico("pico-mini", runtime, {})


def _device(memory: int) -> str:
    """Where a big model goes: to an NVIDIA GPU that has room for it, else to the CPU."""
    import torch

    return "cuda" if torch.cuda.is_available() and torch.cuda.mem_get_info()[0] >= memory else "cpu"


def _check(options: dict, valid: tuple[str, ...]) -> None:
    for option in options:
        if option not in valid:
            raise UnknownOption(option, valid)
