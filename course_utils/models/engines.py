"""One model in several engines, side by side: `open_engine`, and `part`, which tells where two of them part. Every
engine takes token ids and gives token ids back, greedily, so that nothing but the engine differs."""

import hashlib
import importlib.util
import io
import json
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile, zip_longest
from pathlib import Path

import numpy

from course_utils.base import CourseError, cache_folder, data
from course_utils.models import fit_check, smollm2
from course_utils.models.chat import SamplingParams
from course_utils.models.onnx_model import OnnxModel, genai
from course_utils.models.torch_model import TransformersModel
from course_utils.pico.export import checkpoint_of, gguf_file, onnx_folder
from course_utils.setup import threads

ENGINES = data(__file__, "engines.json")  # the pins of the optional ones stand in tests/requirements.txt too
PRECISIONS = {name: row["precisions"] for name, row in ENGINES.items()}
GGUF = {"fp32": "f32", "fp16": "f16", "int8": "q8_0", "int4": "q4_0"}
CONTEXT = 1024  # tokens that llama.cpp takes memory for; the others take it as they go


def installed(name: str) -> bool:
    """Whether an engine can be imported here. Raises CourseError for a name that is none."""
    return importlib.util.find_spec(_row(name)["package"]) is not None


def missing(name: str) -> str:
    """One line: what is not here, and how to install it."""
    wanted = _row(name).get(f"requirement on {sys.platform}", _row(name)["requirement"])
    return f'{name} is not installed here. To add it: {sys.executable} -m pip install "{wanted}"'


def _row(name: str) -> dict[str, str]:
    if name not in ENGINES:
        raise CourseError(f"There is no engine {name!r}. There are: {', '.join(ENGINES)}.")
    return ENGINES[name]


def open_engine(name: str, model: str | Path = "pico-mini", precision: str = "fp32") -> "Engine":
    """A model in an engine, ready to write. `model`: a course model's name, "smollm2", or a folder that
    `save_pretrained` filled. `precision`: "fp32", "int8", "int4" (of SmolLM2 llama.cpp has this only), "mixed" (SmolLM2
    in onnx, openvino), "fp16" (llama.cpp, mlx), "bf16" (mlx, transformers). Raises CourseError with the reason."""
    if not installed(name):
        raise CourseError(missing(name))
    if precision not in PRECISIONS[name]:
        raise CourseError(f"{name} has no {precision!r} here. It has: {', '.join(PRECISIONS[name])}.")
    kinds = {"onnx": Onnx, "transformers": Torch, "llama.cpp": LlamaCpp, "mlx": Mlx, "openvino": OpenVino}
    return kinds[name](name, model, precision)


class Engine:
    """A model in an engine. `bytes`: on disk; `read`: of weights that one token needs; `threads`: it computes with. A
    kind of engine gives `_open`, and `_feed()`: a function from the next token ids to the logits of the token after
    them. One with a loop of its own gives `_tokens` (with `on`: also past an end token)."""

    def __init__(self, name: str, model: str | Path, precision: str):
        self.name, self.model, self.precision = name, str(model), precision
        self.folder_or_file = form(name, model, precision)
        self.bytes = size_of(self.folder_or_file)
        files = [_checkpoint(model) / name for name in ("config.json", "generation_config.json")]
        ends = [json.loads(file.read_text(encoding="utf-8")).get("eos_token_id") for file in files if file.is_file()]
        self.stop_ids = {id for each in ends for id in (each if isinstance(each, list) else [each])} - {None}
        self.threads = threads_for(model)
        self._open()

    def __repr__(self) -> str:
        return f"<{self.model} in {self.name}, {self.precision}, threads: {self.threads}>"

    @cached_property
    def read(self) -> int:  # later than loading, of which it is no part
        import onnx

        graph = onnx.load(self.folder_or_file / "model.onnx", load_external_data=False).graph
        used = {name for node in graph.node if node.op_type != "Gather" for name in node.input if "_cache" not in name}
        bits = {onnx.TensorProto.FLOAT: 4, onnx.TensorProto.UINT8: 1, onnx.TensorProto.INT64: 8}
        weights = [each for each in graph.initializer if each.name in used]  # not an embedding that is not the head too
        return sum(math.prod(each.dims) * bits.get(each.data_type, 1) for each in weights)

    def write(self, ids: list[int], count: int) -> list[int]:
        """At most `count` greedy token ids after a prompt; it stops at an end token, which is left out."""
        tokens = self._tokens(ids, count, on=False)
        return list(takewhile(lambda token: token not in self.stop_ids, tokens))

    def _tokens(self, ids: list[int], count: int, on: bool) -> Iterator[int]:
        feed = self._feed()
        for _ in range(count):
            ids = [int(feed(ids).argmax())]
            yield ids[0]

    def timed(self, ids: list[int], count: int) -> tuple[float, float]:
        """Write exactly `count` tokens: seconds to the first, and tokens a second after it."""
        began = time.perf_counter()
        tokens = self._tokens(ids, count, on=True)
        next(tokens)
        first = time.perf_counter()
        rest = sum(1 for _ in tokens)
        return first - began, rest / (time.perf_counter() - first)

    def top(self, ids: list[int], count: int = 2) -> list[tuple[int, float]]:
        """The likeliest next tokens with their log probabilities."""
        logits = numpy.asarray(self._feed()(ids), dtype=numpy.float64)
        logs = logits - logits.max()
        logs -= numpy.log(numpy.exp(logs).sum())
        return [(int(token), float(logs[token])) for token in numpy.argsort(-logs, kind="stable")[:count]]


def size_of(path: Path) -> int:
    """The bytes of a file, or of the files in a folder."""
    return sum(file.stat().st_size for file in (path, *path.glob("*")) if file.is_file())


def _checkpoint(model: str | Path) -> Path:
    """The folder with the configuration of a model, and for all but the random ones with its weights."""
    if model == "smollm2":
        return smollm2.folder()
    return random_form(str(model), "config") if model in fit_check.SHAPES else checkpoint_of(model)


class Onnx(Engine):
    """ONNX Runtime GenAI, through the course's own class."""

    def _open(self) -> None:
        self.engine = OnnxModel(self.folder_or_file)

    def _generator(self, ids: list[int], count: int, on: bool):
        how, length = genai().GeneratorParams(self.engine.model), len(ids) + count
        how.set_search_options(max_length=length, min_length=length if on else 0, do_sample=False)
        generator = genai().Generator(self.engine.model, how)
        generator.append_tokens(numpy.array(ids, dtype=numpy.int32))
        return generator

    def _tokens(self, ids: list[int], count: int, on: bool) -> Iterator[int]:
        yield from self.engine._written(self._generator(ids, count, on), SamplingParams(), count)

    def _feed(self) -> Callable:
        return lambda ids: self._generator(ids, 1, False).get_output("logits")[0, -1]


class Torch(Engine):
    """Transformers, through the course's own class."""

    def _open(self) -> None:
        dtype = {"fp32": "float32", "bf16": "bfloat16"}[self.precision]
        self.engine = TransformersModel(self.folder_or_file, dtype=dtype)
        model = self.engine.model
        table, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
        self.read = sum(weights.nbytes for weights in model.parameters()) - (0 if table is head else table.nbytes)

    def _feed(self) -> Callable:
        import torch

        (_, step), read = self.engine._begin([]), []

        def feed(ids: list[int]):
            read.extend(ids)
            return step(torch.tensor([read]))[0].float().numpy()

        return feed


class Mlx(Engine):
    """MLX reads the Transformers folder; int8 and int4 are made of it in memory, in groups of 32 weights."""

    def _open(self) -> None:
        import mlx.core as mx
        import mlx.nn as nn
        from mlx.utils import tree_flatten
        from mlx_lm.utils import load_model

        # Transformers 5 writes rope_theta into rope_parameters, where mlx-lm 0.32 does not look: without a word it
        # would compute SmolLM2 with 10,000 for 100,000.
        config = json.loads((self.folder_or_file / "config.json").read_text(encoding="utf-8"))
        theta = config.get("rope_parameters", config)["rope_theta"]
        self.engine, config = load_model(self.folder_or_file, model_config={"rope_theta": theta})
        if "quantization" not in config:
            self.engine.set_dtype({"fp16": mx.float16, "bf16": mx.bfloat16}.get(self.precision, mx.float32))
            if self.precision.startswith("int"):
                nn.quantize(self.engine, group_size=32, bits=int(self.precision[3:]))
        mx.eval(self.engine.parameters())
        sizes = {name: array.nbytes for name, array in tree_flatten(self.engine.parameters())}
        tied = not any("lm_head" in name for name in sizes)
        self.read = sum(size for name, size in sizes.items() if tied or "embed_tokens" not in name)

    def _tokens(self, ids: list[int], count: int, on: bool) -> Iterator[int]:
        import mlx.core as mx
        from mlx_lm.generate import generate_step

        for token, _ in generate_step(mx.array(ids), self.engine, max_tokens=count):
            yield int(token)

    def _feed(self) -> Callable:
        import mlx.core as mx

        return lambda ids: numpy.array(self.engine(mx.array([ids]))[0, -1].astype(mx.float32))


class OpenVino(Engine):
    """OpenVINO compiles GenAI's ONNX file; the loop that writes is ours."""

    def _open(self) -> None:
        options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": self.threads}
        try:
            self.engine = openvino().Core().compile_model(self.folder_or_file / "model.onnx", "CPU", options)
        except RuntimeError as error:
            if "GatherBlockQuantized: 'data' must be a constant" not in str(error):
                raise
            raise CourseError(
                "OpenVINO does not read this form: its embedding is the head's table of few bits, brought into another "
                "shape on the way (GatherBlockQuantized after Reshape), and OpenVINO wants a constant there."
            ) from error
        file = self.folder_or_file / "genai_config.json"
        decoder = json.loads(file.read_text(encoding="utf-8"))["model"]["decoder"]
        self.empty = (1, decoder["num_key_value_heads"], 0, decoder["head_size"])

    def _feed(self) -> Callable:
        names = [port.any_name for port in self.engine.inputs]
        past, seen = {name: numpy.zeros(self.empty, numpy.float32) for name in names if name.startswith("past")}, 0

        def feed(ids: list[int]):
            nonlocal past, seen
            seen += len(ids)
            inputs = {"input_ids": numpy.array([ids]), "attention_mask": numpy.ones((1, seen), numpy.int64), **past}
            try:
                result = self.engine(inputs)
                past = {name: result[name.replace("past_key_values", "present")] for name in past}
                return result["logits"][0, -1]
            except (RuntimeError, IndexError) as error:  # with ONEDNN_MAX_CPU_ISA set, its int8 fails, or gives nothing
                why = str(error).strip().splitlines()[-1].partition(". ")[0]
                why = "it gives no logits" if isinstance(error, IndexError) else why
                raise CourseError(f"OpenVINO does not compute this form here: {why}.") from error

        return feed


class LlamaCpp(Engine):
    """llama.cpp's own server, in this process. It answers in the dialect of OpenAI's completions."""

    def _open(self) -> None:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path, params.n_ctx, params.n_parallel = str(self.folder_or_file), CONTEXT, 1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self.threads
        params.warmup, params.verbosity, params.ui = False, -1, False
        self.engine = xllamacpp.Server(params)

    @cached_property
    def read(self) -> int:
        from gguf import GGUFReader

        sizes = {tensor.name: int(tensor.n_bytes) for tensor in GGUFReader(self.folder_or_file).tensors}
        return sum(sizes.values()) - (sizes["token_embd.weight"] if "output.weight" in sizes else 0)

    def ask(self, ids: list[int], count: int, **options) -> dict:
        """The server's answer to a completion request. Raises CourseError with what it says."""
        request = {"prompt": ids, "n_predict": count, "temperature": 0, "cache_prompt": False}
        answer = self.engine.handle_completions(request | options)
        if "error" in answer:
            raise CourseError(f"llama.cpp: {answer['error']['message']}.")
        return answer

    def _tokens(self, ids: list[int], count: int, on: bool) -> Iterator[int]:
        told = self.ask(ids, count, logprobs=1, ignore_eos=on)  # only with them it tells the ids
        yield from (token["id"] for token in told["choices"][0]["logprobs"]["content"])

    def timed(self, ids: list[int], count: int) -> tuple[float, float]:
        began = time.perf_counter()
        told = self.ask(ids, count, ignore_eos=True)["timings"]  # without log probabilities, which take their time
        rest = told["predicted_ms"] / 1000
        return time.perf_counter() - began - rest, (told["predicted_n"] - 1) / rest

    def top(self, ids: list[int], count: int = 2) -> list[tuple[int, float]]:
        told = self.ask(ids, 1, logprobs=count)["choices"][0]["logprobs"]["content"][0]
        return [(each["id"], each["logprob"]) for each in told["top_logprobs"]]


def openvino():
    """The library `openvino` without its telemetry: by itself, `import openvino` reports that to its makers."""
    sys.modules.setdefault("openvino_telemetry", None)  # it goes on without that package
    import openvino

    return openvino


def form(name: str, model: str | Path, precision: str) -> Path:
    """The folder or file that an engine reads of a model, made at the first call. Raises CourseError."""
    if model in fit_check.SHAPES:
        return random_form(str(model), "onnx" if name == "openvino" else name, precision)
    if name in ("onnx", "openvino"):
        return smollm2.form(precision) if model == "smollm2" else onnx_folder(model, precision)
    checkpoint = _checkpoint(model)
    if name != "llama.cpp":
        return checkpoint
    if model == "smollm2":
        if precision != "int4":
            raise CourseError('SmolLM2 came as a GGUF file of four bits (Q4_1): llama.cpp reads it as "int4" only.')
        return smollm2.package.gguf()
    digest = hashlib.sha256((checkpoint / "model.safetensors").read_bytes()).hexdigest()[:12]
    file = cache_folder() / "gguf" / f"{checkpoint.name}-{GGUF[precision]}-{digest}.gguf"
    return file if file.is_file() else gguf_file.write(checkpoint, file, GGUF[precision])


def threads_for(model: str | Path) -> int:
    """The threads that suit a model, by its shape: the same in all engines."""
    config = json.loads((_checkpoint(model) / "config.json").read_text(encoding="utf-8"))
    width = config["hidden_size"]
    return threads.for_params(config["vocab_size"] * width + 12 * config["num_hidden_layers"] * width**2)


# -- a model too large for a lesson's download ----------------------------------------------------


def random_form(model: str, engine: str, precision: str = "") -> Path:
    """A form of a random model of `fit_check.SHAPES`. The first call makes all that the engines here read, and keeps
    them: int8 and int4. `engine` "config" stands for the folder with its configuration. Raises CourseError."""
    place = cache_folder() / "race" / model
    makers = ("onnx", *filter(installed, ("llama.cpp", "mlx")))
    wanted = {(maker, bits): place / f"{maker}-{bits}" for maker in makers for bits in ("int8", "int4")}
    wanted |= {key: place / f"{GGUF[key[1]]}.gguf" for key in wanted if key[0] == "llama.cpp"}
    wanted["config", ""] = place / "config"
    if (engine, precision) not in wanted:
        raise CourseError(f"{model} is made in int8 and int4 only: in more bits it would be too large.")
    lacking = [key for key, path in wanted.items() if not path.exists()]
    if lacking:
        print(f"Making {model} with random weights, in int8 and int4 (once, some minutes) ...", flush=True)
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="building-", dir=place, ignore_cleanup_errors=True) as work:
            checkpoint, _ = fit_check.make(model, Path(work))
            for key in lacking:
                _make_form(checkpoint, *key).replace(wanted[key])
        size = sum(map(size_of, place.iterdir()))
        print(f"{model} is kept in {place}: {size / 1e6:,.0f} MB.", flush=True)
    return wanted[(engine, precision)]


def _make_form(checkpoint: Path, engine: str, precision: str) -> Path:
    target = checkpoint.with_name(f"{engine}-{precision}")
    if engine == "onnx":
        return fit_check.build(checkpoint, precision)
    if engine == "llama.cpp":
        return gguf_file.write_random(checkpoint, target, GGUF[precision])
    if engine == "config":
        return shutil.copytree(checkpoint, target, ignore=shutil.ignore_patterns("*.safetensors"))
    target.mkdir()
    from mlx_lm.utils import load_model, quantize_model, save_config, save_model

    with redirect_stdout(io.StringIO()):
        model, config = quantize_model(*load_model(checkpoint), group_size=32, bits=int(precision[3:]))
    save_model(target, model)
    save_config(config, target / "config.json")
    return target


# -- the same tokens ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parting:
    """Two engines' answers to one prompt. `place`: of the first token that differs, from 0; None where all are alike.
    `one` and `other`: the two likeliest tokens of each engine there, with their log probabilities."""

    same: bool
    place: int | None = None
    one: tuple = ()
    other: tuple = ()


def part(one: Engine, other: Engine, prompts: list[list[int]], count: int) -> list[Parting]:
    """Whether two engines write the same `count` tokens after each prompt (token ids), and where they part."""
    found = []
    for ids in prompts:
        first, second = one.write(ids, count), other.write(ids, count)
        places = (i for i, (a, b) in enumerate(zip_longest(first, second)) if a != b)  # one of them may have ended
        place = next(places, None)
        tops = [] if place is None else [tuple(engine.top(ids + first[:place])) for engine in (one, other)]
        found.append(Parting(place is None, place, *tops))
    return found
