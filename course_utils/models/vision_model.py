"""pico-vision in both engines: a question with pictures goes in, text comes out."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from course_utils.models.chat import BadPrompt, Message, PromptTooLong, SamplingParams, Stream
from course_utils.models.onnx_model import OnnxModel, genai
from course_utils.models.pictures import as_png
from course_utils.models.torch_model import TransformersModel, processors_for, progress_bar_if
from course_utils.pico import VISION, folder
from course_utils.setup import threads


def tagged(messages: list[Message], pictures: int) -> list[Message]:
    """The messages with a tag for each picture: those written in them, or else all before the last message.

    Raises BadPrompt where tags and pictures do not match.
    """
    from course_utils.pico.vision import TAG, pieces

    if pictures and not any(TAG.search(message.content) for message in messages):
        tags = "".join(f"<|image_{i + 1}|>\n" for i in range(pictures))
        last = messages[-1]
        messages = [*messages[:-1], Message(last.role, tags + last.content)]
    try:
        pieces("".join(message.content for message in messages), pictures)
    except ValueError as error:
        raise BadPrompt(str(error)) from error
    return messages


class _Sees:
    """What both have in common: the pictures are read together with the prompt."""

    def _answer(self, messages: list[Message], options: SamplingParams) -> Stream:
        messages = tagged(messages, len(options.pictures))
        prompt, tokens = self._read(messages, [picture.convert("RGB") for picture in options.pictures])
        room = self.context_length - tokens
        if room < 1:
            raise PromptTooLong(self.name, tokens, self.context_length)
        return Stream(self._write(prompt, options, min(options.max_new_tokens, room)), tokens)


class TransformersVision(_Sees, TransformersModel):
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

    def _read(self, messages: list[Message], pictures: list):
        import torch

        turns = [{"role": message.role, "content": message.content} for message in messages]
        text = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        with torch.inference_mode():
            embeds = self.model.embed(text, pictures, self.tokenizer, self.most)
        return embeds, embeds.shape[1]

    def _tokens(self, embeds, options: SamplingParams, limit: int) -> Generator[int, None, None]:
        import torch
        from transformers import DynamicCache

        threads.use_for(self.parameters)
        processors, rng = processors_for(options), torch.Generator()
        if options.seed is None:
            rng.seed()
        else:
            rng.manual_seed(options.seed)
        language, written = self.model.language, torch.empty(1, 0, dtype=torch.long)
        cache, new = DynamicCache(config=language.config), {"inputs_embeds": embeds}
        for _ in range(limit):
            with torch.inference_mode():
                output = language(**new, past_key_values=cache, use_cache=True, logits_to_keep=1)
            scores = processors(written, output.logits[:, -1].float())
            if options.temperature == 0:
                token = scores.argmax(dim=-1, keepdim=True)
            else:
                token = torch.multinomial(scores.softmax(dim=-1), num_samples=1, generator=rng)
            yield token.item()
            written = torch.cat([written, token], dim=-1)
            new = {"input_ids": token}


class OnnxVision(_Sees, OnnxModel):
    """pico-vision in ONNX Runtime GenAI, as a folder of type phi3v: the way in which Phi-3.5-vision runs there."""

    def __init__(self, path: Path | None = None, name: str = VISION):
        from course_utils.pico.export import onnx_folder

        super().__init__(path or onnx_folder(VISION), name)
        self.processor = self.model.create_multimodal_processor()

    def _read(self, messages: list[Message], pictures: list):
        import json

        turns = json.dumps([{"role": message.role, "content": message.content} for message in messages])
        text = self.tokenizer.apply_chat_template(turns, add_generation_prompt=True)
        files = [as_png(picture) for picture in pictures]
        inputs = self.processor(text, images=genai().Images.open_bytes(*files)) if files else self.processor(text)
        return inputs, inputs["input_ids"].as_numpy().shape[1]

    def _tokens(self, inputs, options: SamplingParams, limit: int) -> Generator[int, None, None]:
        tokens = inputs["input_ids"].as_numpy().shape[1]
        generator = genai().Generator(self.model, self._params(options, tokens + limit))
        generator.set_inputs(inputs)
        yield from self._written(generator, options, limit)
