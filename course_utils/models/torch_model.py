"""Run a model with Hugging Face Transformers and PyTorch."""

import gc
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from course_utils.models.chat import LocalModel, Message, SamplingParams, placed, stop_set, whole_letters
from course_utils.models.pictures import open_picture
from course_utils.setup import threads

QUIET_BELOW = 100_000_000  # bytes of weights: loading less than this needs no progress bar


class TransformersModel(LocalModel):
    """A folder with safetensors weights, answered by PyTorch. `model` and `tokenizer` are the library's own objects."""

    runtime = "transformers"

    def __init__(self, folder: Path, name: str | None = None, dtype: str = "float32", device: str = "cpu"):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        folder = Path(folder)
        self.name = name or folder.name
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
        how = {"dtype": getattr(torch, dtype, dtype), "use_safetensors": True, "local_files_only": True}
        gc.collect()  # a model that nobody holds any more leaves the memory first
        with quietly(size < QUIET_BELOW):
            self.model = AutoModelForCausalLM.from_pretrained(folder, **how).to(device).eval()
        self.parameters = self.model.num_parameters()
        threads.use_for(self.parameters)
        self.context_length = self.model.config.max_position_embeddings
        named = (self.model.generation_config, self.model.config, self.tokenizer)
        self.stop_ids = stop_set(*(place.eos_token_id for place in named))

    def encode(self, messages: list[Message]) -> list[int]:
        turns = [asdict(message) for message in messages]
        text = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        # verbose=False: a text that is too long gets our own message, not a warning on top of it.
        return self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]

    def _tokens(self, prompt, params: SamplingParams, limit: int) -> Generator[int, None, None]:
        return self._sampled(*self._begin(prompt), params, limit)

    def _begin(self, ids: list[int]):
        """What `_sampled` needs: the ids so far, [1, tokens], and a function from them to the next token's logits. The
        logits are of shape [1, vocabulary]. Whoever calls it again hands it the ids with more of them at the end."""
        import torch
        from transformers import DynamicCache

        cache, read = DynamicCache(config=self.model.config), 0

        def step(ids):
            nonlocal cache, read
            # The library prepares the step: Phi-3.5 needs a fresh cache where LongRoPE changes its factors.
            inputs = self.model.prepare_inputs_for_generation(
                ids, past_key_values=cache, next_sequence_length=ids.shape[1] - read, use_cache=True, logits_to_keep=1
            )
            with torch.inference_mode():
                output = self.model(**inputs)
            cache, read = output.past_key_values, ids.shape[1]
            return output.logits[:, -1]

        return torch.tensor([ids], device=self.model.device), step

    def _sampled(self, ids, step: Callable, params: SamplingParams, limit: int) -> Generator[int, None, None]:
        """At most `limit` tokens: ask `step` for logits, change them, draw one, and so on."""
        import torch

        threads.use_for(self.parameters)
        processors = processors_for(params)
        rng = torch.Generator(self.model.device)
        rng.manual_seed(rng.seed() if params.seed is None else params.seed)
        for _ in range(limit):
            scores = processors(ids, step(ids).float())
            if params.temperature == 0:
                token = scores.argmax(dim=-1, keepdim=True)
            else:
                token = torch.multinomial(scores.softmax(dim=-1), num_samples=1, generator=rng)
            yield token.item()
            ids = torch.cat([ids, token], dim=-1)

    def _decoder(self) -> Callable[[int], str]:
        return whole_letters(self.tokenizer.backend_tokenizer)


class TransformersVision(TransformersModel):
    """pico-vision in PyTorch. `model` is a `course_utils.pico.vision.PicoVision`. `most`: how many detail crops a
    picture may have, 0 to 16. With 0 the model sees it as a whole only: 156 tokens instead of about 2,500."""

    def __init__(self, name: str, most: int = 16):
        from course_utils.pico import folder, vision

        self.name, self.most = name, most
        with quietly(True):
            self.model, self.tokenizer = vision.load(folder(name))
        self.parameters = self.model.num_parameters()
        threads.use_for(self.parameters)
        self.context_length = self.model.config.text_config.max_position_embeddings
        self.stop_ids = frozenset((4, 0))

    def _read(self, messages: list[Message], pictures: list | tuple):
        import torch

        turns = [asdict(message) for message in placed(messages, len(pictures))]
        text = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        with torch.inference_mode():
            embeds = self.model.embed(text, [*map(open_picture, pictures)], self.tokenizer, self.most)
        return embeds, embeds.shape[1]

    def _begin(self, embeds):
        import torch
        from transformers import DynamicCache

        cache = DynamicCache(config=self.model.language.config)

        def step(ids):
            new = {"input_ids": ids[:, -1:]} if ids.shape[1] else {"inputs_embeds": embeds}
            with torch.inference_mode():
                output = self.model.language(**new, past_key_values=cache, use_cache=True, logits_to_keep=1)
            return output.logits[:, -1]

        return torch.empty(1, 0, dtype=torch.long), step  # the prompt is vectors, so that no id has been read yet


def processors_for(params: SamplingParams):
    """The library's own changes to the scores, in the order in which its `generate` applies them."""
    import transformers as library

    warm = params.temperature > 0
    changes = [
        (params.repetition_penalty != 1, library.RepetitionPenaltyLogitsProcessor, float(params.repetition_penalty)),
        (warm and params.temperature != 1, library.TemperatureLogitsWarper, float(params.temperature)),
        (warm and params.top_k > 0, library.TopKLogitsWarper, int(params.top_k)),
        (warm and params.top_p < 1, library.TopPLogitsWarper, float(params.top_p)),
        (warm and params.min_p > 0, library.MinPLogitsWarper, float(params.min_p)),
    ]
    return library.LogitsProcessorList(processor(value) for wanted, processor, value in changes if wanted)


def device_for(memory: int) -> str:
    """Where a model goes that needs so many bytes: to an NVIDIA GPU that has room for it, else to the CPU."""
    import torch

    return "cuda" if torch.cuda.is_available() and torch.cuda.mem_get_info()[0] >= memory else "cpu"


@contextmanager
def quietly(wanted: bool) -> Iterator[None]:
    """Within it, if it is wanted, the library shows no bar while it loads weights: ours load in an instant."""
    from transformers.utils import logging

    with ExitStack() as stack:
        if wanted and logging.is_progress_bar_enabled():
            logging.disable_progress_bar()
            stack.callback(logging.enable_progress_bar)
        yield
