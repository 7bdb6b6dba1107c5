"""pico-vision in both engines: a question with pictures goes in, text comes out."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path

from course_utils.models.chat import Message, SamplingParams, placed
from course_utils.models.onnx_model import OnnxModel, genai
from course_utils.models.pictures import as_png
from course_utils.models.torch_model import TransformersModel, progress_bar_if
from course_utils.pico import VISION, folder
from course_utils.setup import threads


class TransformersVision(TransformersModel):
    """pico-vision in PyTorch. `model` is a `course_utils.pico.vision.PicoVision`.

    `most`: how many detail crops a picture may have, 0 to 16. With 0 the model sees the whole picture only, which takes
    156 tokens instead of about 2,500.
    """

    def __init__(self, path: Path | None = None, name: str = VISION, most: int = 16):
        from course_utils.pico import vision

        self.name, self.most = name, most
        with progress_bar_if(False):
            self.model, self.tokenizer = vision.load(path or folder(VISION))
        self.parameters = self.model.num_parameters()
        threads.use_for(self.parameters)
        self.context_length = self.model.config.text_config.max_position_embeddings
        self.stop_ids = frozenset((4, 0))

    def _read(self, messages: list[Message], pictures: list | tuple):
        import torch

        turns = [asdict(message) for message in placed(messages, len(pictures))]
        text = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        pictures = [picture.convert("RGB") for picture in pictures]
        with torch.inference_mode():
            embeds = self.model.embed(text, pictures, self.tokenizer, self.most)
        return embeds, embeds.shape[1]

    def _begin(self, embeds):
        import torch
        from transformers import DynamicCache

        language = self.model.language
        cache = DynamicCache(config=language.config)

        def step(ids):
            new = {"input_ids": ids[:, -1:]} if ids.shape[1] else {"inputs_embeds": embeds}
            with torch.inference_mode():
                return language(**new, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1]

        return torch.empty(1, 0, dtype=torch.long), step  # the prompt is vectors, so that no id has been read yet


class OnnxVision(OnnxModel):
    """pico-vision in ONNX Runtime GenAI, as a folder of type phi3v: the way in which Phi-3.5-vision runs there."""

    def __init__(self, path: Path | None = None, name: str = VISION):
        from course_utils.pico.export import onnx_folder

        super().__init__(path or onnx_folder(VISION), name)
        self.processor = self.model.create_multimodal_processor()

    def _read(self, messages: list[Message], pictures: list | tuple):
        turns = json.dumps([asdict(message) for message in placed(messages, len(pictures))])
        text = self.tokenizer.apply_chat_template(turns, add_generation_prompt=True)
        files = [as_png(picture.convert("RGB")) for picture in pictures]
        inputs = self.processor(text, images=genai().Images.open_bytes(*files)) if files else self.processor(text)
        return inputs, inputs["input_ids"].as_numpy().shape[1]

    def _tokens(self, inputs, params: SamplingParams, limit: int) -> Generator[int, None, None]:
        generator = self._generator(params, inputs["input_ids"].as_numpy().shape[1] + limit)
        generator.set_inputs(inputs)
        yield from self._written(generator, params, limit)
