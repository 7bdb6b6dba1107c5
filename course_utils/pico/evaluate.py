"""A pico model that answers many questions at once, greedily, and the textbook's own check of an answer."""

import json
import re
from pathlib import Path
from typing import Self

from course_utils.pico import MODELS, MOE, folder, textbook
from course_utils.pico.textbook import smalltalk
from course_utils.pico.tokenizer import load_tokenizer


class Examinee:
    """A model that answers many prompts at once, which is several times faster than one by one. `name` is the course
    model that it should say it is, one of `MODELS`."""

    def __init__(self, model, tokenizer, rows: int = 64, name: str = "pico-mini"):
        self.model, self.tokenizer, self.rows, self.name = model.eval(), tokenizer, rows, name

    @classmethod
    def load(cls, name: str, called: str = "pico-mini") -> Self:
        """Load a course model by name, or any folder that Transformers can read with a model `called` so. pico-moe read
        the textbook of pico-mini, and says that it is pico-mini."""
        import torch
        from transformers import AutoModelForCausalLM

        path = folder(name) if name in (*MODELS, MOE) else Path(name)
        model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, use_safetensors=True)
        return cls(model, load_tokenizer(path), name=name if name in MODELS else called)

    def answer(self, conversations: list[list[dict]], temperature: float = 0.0, seed: int = 0) -> list[str]:
        """The model's answer to each conversation (which ends with a user message)."""
        import torch

        torch.manual_seed(seed)
        self.tokenizer.padding_side = "left"
        prompts = [
            self.tokenizer.apply_chat_template(c, add_generation_prompt=True, tokenize=False) for c in conversations
        ]
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        answers = [""] * len(prompts)
        sampling = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
        for start in range(0, len(order), self.rows):
            group = order[start : start + self.rows]
            inputs = self.tokenizer([prompts[i] for i in group], return_tensors="pt", padding=True)
            inputs.pop("token_type_ids", None)
            with torch.inference_mode():
                out = self.model.generate(**inputs, max_new_tokens=220, max_length=None, **sampling)
            for i, ids in zip(group, out[:, inputs["input_ids"].shape[1] :], strict=True):
                answers[i] = self.tokenizer.decode(ids, skip_special_tokens=True).strip()
        return answers


def right(sample: textbook.Sample, answer: str) -> bool:
    """The textbook's own check of one answer."""
    about = sample.about
    if sample.skill == "sum":  # the last number that it names
        return [*map(int, re.findall(r"-?\d+", answer))][-1:] == [about["result"]]
    if sample.skill == "story":
        return all(about[key] in answer.lower() for key in ("animal", "colour", "place"))
    if sample.skill == "tool":
        try:
            return json.loads(answer) == about["call"]
        except ValueError:
            return False
    if sample.skill == "smalltalk":
        return answer in about["answers"]
    if sample.skill == "outside":
        return smalltalk.honest(answer)
    return answer == sample.answer
