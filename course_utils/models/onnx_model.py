"""Run a model with ONNX Runtime GenAI."""

import json
import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict
from pathlib import Path

from course_utils.models.chat import TAG, LocalModel, Message, SamplingParams, placed, stop_set, whole_letters
from course_utils.models.pictures import as_png, open_picture
from course_utils.setup import threads


def genai():
    """The library `onnxruntime_genai` with its telemetry off (the official packages send some by default)."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read once, at the import
    import onnxruntime_genai

    onnxruntime_genai.disable_telemetry_events()  # for a notebook that imported it before us
    return onnxruntime_genai


def configuration(folder: Path, count: int | None = None):
    """The library's configuration of a model folder, with `count` threads, or those that suit the model.

    By itself the library takes half of the cores, and threads that wait in a busy loop. Here they sleep, so that they
    do not take the time of another program, and their own.
    """
    count = count or threads.for_params(parameters(folder))
    options = {"intra_op_num_threads": count, "session.intra_op.allow_spinning": "0"}
    config = genai().Config(str(folder))
    config.overlay(json.dumps({"model": {"decoder": {"session_options": options}}}))
    return config


def parameters(folder: Path) -> int:
    """About how many parameters the model in a folder has, by its shape: what quantization cannot change."""
    model = json.loads((Path(folder) / "genai_config.json").read_text(encoding="utf-8"))["model"]
    width, layers = model["decoder"]["hidden_size"], model["decoder"]["num_hidden_layers"]
    return model["vocab_size"] * width + 12 * layers * width**2  # attention 4 and MLP 8 times the square


def search_options(params: SamplingParams, vocab_size: int, max_length: int) -> dict:
    """The options for `GeneratorParams.set_search_options` that sample as `params` says. `max_length`: of the prompt
    and the answer, in tokens. What is said of min-p here is done by `keep_likely`."""
    search = {
        "max_length": max_length,
        "do_sample": params.temperature > 0,
        "top_k": min(int(params.top_k), vocab_size),  # GenAI refuses more than there are
        "top_p": float(params.top_p),
        "repetition_penalty": float(params.repetition_penalty),
        "random_seed": -1 if params.seed is None else int(params.seed),
        "temperature": float(params.temperature) or 1.0,  # GenAI refuses 0, which `do_sample` says
    }
    if params.min_p > 0:
        search |= {"top_k": 0, "top_p": 1.0}  # they come before min-p: `keep_likely` applies them with it
    elif params.top_p < 1 and params.top_k == 0:
        search["top_k"] = vocab_size  # GenAI 0.18 heeds top_p only where there is a top_k
    return search


def keep_likely(logits, params: SamplingParams, sequence) -> None:
    """GenAI has no min-p: where `params` wants it, set the logits of all that may not be drawn to minus infinity.

    `logits`: of the next token, shape (vocabulary,), as they come from the model; they are changed in place.
    `sequence`: the token ids so far, to which the repetition penalty applies. Top-k, top-p and min-p are applied after
    it and the temperature, one to what the other has left, as Transformers does.
    """
    if params.min_p == 0 or params.temperature == 0:
        return
    import numpy

    scores = logits.astype(numpy.float64)
    seen = numpy.unique(sequence)
    penalty = params.repetition_penalty
    scores[seen] = numpy.where(scores[seen] > 0, scores[seen] / penalty, scores[seen] * penalty)
    order = numpy.argsort(-scores, kind="stable")
    if params.top_k > 0:
        order = order[: params.top_k]
    likely = numpy.exp((scores[order] - scores[order[0]]) / params.temperature)  # against the likeliest, falling
    before = numpy.cumsum(likely) - likely
    kept = order[(before < params.top_p * likely.sum()) & (likely >= params.min_p)]
    dropped = numpy.ones(len(logits), dtype=bool)
    dropped[kept] = False
    logits[dropped] = -numpy.inf


class OnnxModel(LocalModel):
    """A folder made by ONNX Runtime GenAI's model builder.

    `model`, `tokenizer` and `processor` (None where it does not see) are the library's own objects, for a notebook that
    wants to look inside. pico-vision's folder is of type phi3v: the way in which Phi-3.5-vision runs there.
    """

    runtime = "onnx"

    def __init__(self, folder: Path, name: str | None = None):
        folder = Path(folder)
        self.name = name or folder.name
        self.model = genai().Model(configuration(folder))
        self.tokenizer = genai().Tokenizer(self.model)
        sees = (folder / "processor_config.json").is_file()
        self.processor = self.model.create_multimodal_processor() if sees else None
        config = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))["model"]
        self.context_length = config["context_length"]
        self.vocab_size = config["vocab_size"]
        self.folder, self.stop_ids = folder, stop_set(config["eos_token_id"], self.tokenizer.eos_token_ids)

    def encode(self, messages: list[Message]) -> list[int]:
        return [int(token) for token in self.tokenizer.encode(self._markup(messages))]

    def _markup(self, messages: list[Message]) -> str:
        turns = json.dumps([asdict(message) for message in messages])
        return self.tokenizer.apply_chat_template(turns, add_generation_prompt=True)

    def _read(self, messages: list[Message], pictures: list | tuple) -> tuple[object, int]:
        if self.processor is None:
            return super()._read(messages, pictures)
        text = self._markup(placed(messages, len(pictures)))
        # The library hands out pictures in the order of their tags, whatever their numbers are.
        files = [as_png(open_picture(pictures[int(number) - 1])) for number in TAG.findall(text)]
        inputs = self.processor(text, images=genai().Images.open_bytes(*files)) if files else self.processor(text)
        return inputs, inputs["input_ids"].as_numpy().shape[1]

    def _tokens(self, prompt, params: SamplingParams, limit: int) -> Iterator[int]:
        """`prompt`: token ids, or the library's own inputs."""
        import numpy

        if isinstance(prompt, list):
            generator = self._generator(params, len(prompt) + limit)
            # An array, not a list: an interrupt while the library converts a list comes out as a TypeError.
            generator.append_tokens(numpy.array(prompt, dtype=numpy.int32))
        else:
            generator = self._generator(params, prompt["input_ids"].as_numpy().shape[1] + limit)
            generator.set_inputs(prompt)
        yield from self._written(generator, params, limit)

    def _generator(self, params: SamplingParams, max_length: int):
        """The library's generator for one answer, before it has read the prompt."""
        how = genai().GeneratorParams(self.model)
        how.set_search_options(**search_options(params, self.vocab_size, max_length))
        return genai().Generator(self.model, how)

    def _written(self, generator, params: SamplingParams, limit: int) -> Generator[int, None, None]:
        """The token ids that a generator writes once it has read the prompt."""
        for _ in range(limit):
            if params.min_p > 0:
                logits = generator.get_logits()
                keep_likely(logits.reshape(-1), params, generator.get_sequence(0))
                generator.set_logits(logits)
            generator.generate_next_token()
            yield int(generator.get_next_tokens()[0])

    def _decoder(self) -> Callable[[int], str]:
        read, stream, exact = [], self.tokenizer.create_stream(), None

        def decode(token: int) -> str:
            nonlocal exact
            if exact is None and "\ufffd" in self.tokenizer.decode([token]):  # a piece of a letter
                # The library's stream loses whole letters after a broken one. Only here, because it takes a moment.
                from tokenizers import Tokenizer

                exact = whole_letters(Tokenizer.from_file(str(self.folder / "tokenizer.json")))
                for earlier in read:
                    exact(earlier)
            read.append(token)
            return stream.decode(token) if exact is None else exact(token)

        return decode
