"""Run a model with ONNX Runtime GenAI."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Generator
from dataclasses import asdict
from pathlib import Path

from course_utils.models.chat import LocalModel, Message, SamplingParams
from course_utils.setup import machine

SMALL = 50 * 10**6  # bytes of a model folder


def genai():
    """The library `onnxruntime_genai` with its telemetry off (the official packages send some by default)."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read once, at the import
    import onnxruntime_genai

    onnxruntime_genai.disable_telemetry_events()  # for a notebook that imported it before us
    return onnxruntime_genai


def on_all_cores(folder: Path):
    """The library's configuration of a model folder, told to use every core: by itself it takes half of them.

    Small models keep its choice. For them the work of an operator is less than the cost of sharing it.
    """
    config = genai().Config(str(folder))
    if sum(file.stat().st_size for file in Path(folder).iterdir()) > SMALL:
        options = {"session_options": {"intra_op_num_threads": machine.cores()}}
        config.overlay(json.dumps({"model": {"decoder": options}}))
    return config


class OnnxModel(LocalModel):
    """A folder made by ONNX Runtime GenAI's model builder.

    `model` and `tokenizer` are the library's own objects, for a notebook that wants to look inside.
    """

    runtime = "onnx"

    def __init__(self, folder: Path, name: str | None = None):
        folder = Path(folder)
        self.name = name or folder.name
        self.model = genai().Model(on_all_cores(folder))
        self.tokenizer = genai().Tokenizer(self.model)
        config = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))["model"]
        self.context_length = config["context_length"]
        stop = config["eos_token_id"]
        self.stop_ids = frozenset(stop if isinstance(stop, list) else [stop])

    def count_tokens(self, text: str) -> int:
        return len(self.tokenizer.encode(text))

    def encode(self, messages: list[Message]) -> list[int]:
        turns = json.dumps([asdict(message) for message in messages])
        text = self.tokenizer.apply_chat_template(turns, add_generation_prompt=True)
        return [int(token) for token in self.tokenizer.encode(text)]

    def _tokens(self, ids: list[int], options: SamplingParams, limit: int) -> Generator[int, None, None]:
        import numpy

        generator = genai().Generator(self.model, self._params(options, len(ids) + limit))
        # An array, not a list: an interrupt while the library converts a list comes out as a TypeError.
        generator.append_tokens(numpy.array(ids, dtype=numpy.int32))
        yield from self._written(generator, options, limit)

    def _written(self, generator, options: SamplingParams, limit: int) -> Generator[int, None, None]:
        """The token ids that a generator writes once it has read the prompt."""
        for _ in range(limit):
            if options.min_p > 0 and options.temperature > 0:
                _apply_min_p(generator, options)
            generator.generate_next_token()
            yield int(generator.get_next_tokens()[0])

    def _params(self, options: SamplingParams, max_length: int):
        search = {
            "max_length": max_length,
            "do_sample": options.temperature > 0,
            "top_k": int(options.top_k),
            "top_p": float(options.top_p),
            "repetition_penalty": float(options.repetition_penalty),
            "random_seed": -1 if options.seed is None else int(options.seed),
        }
        if options.temperature > 0:
            search["temperature"] = float(options.temperature)
        params = genai().GeneratorParams(self.model)
        params.set_search_options(**search)
        return params

    def _decoder(self) -> Callable[[int], str]:
        return self.tokenizer.create_stream().decode


def _apply_min_p(generator, options: SamplingParams) -> None:
    """GenAI has no min-p of its own: remove the tokens less likely than `min_p` times the likeliest."""
    logits = generator.get_logits()
    # p(token) / p(likeliest) = exp((logit - highest) / temperature), so the bar can be set on the logits.
    bar = logits.max() + options.temperature * math.log(options.min_p)
    logits[logits < bar] = -math.inf
    generator.set_logits(logits)
