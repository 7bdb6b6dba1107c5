"""The tokenizer of the pico models: byte-level BPE, trained on the textbook, with Phi-3's special tokens.

Byte-level means that any text can be written with it, Chinese and emoji included; it only costs more tokens.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.pico import folder

if TYPE_CHECKING:
    from course_utils.pico import textbook

IGNORED = -100  # the label of a token that the loss does not count
SPECIAL_TOKENS = ("<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>")

# Qwen2's pattern, character for character. It gives every digit a token of its own, and it is one of the few
# patterns that Transformers, ONNX Runtime GenAI and llama.cpp all know: the same text gives the same ids in each.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + '<|end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}"
)


def train_tokenizer(samples: int = 60_000, vocab_size: int = 2048, seed: int = 0):
    """Train a tokenizer of `vocab_size` entries on that many samples of the textbook.

    Returns a `PreTrainedTokenizerFast` with the chat template of Phi-3.5 (`<|user|>`, newline, text, `<|end|>`).
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    from course_utils.pico import textbook  # ten thousand lines of words, which a reader of tokens does not need

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    rng = random.Random(seed)
    texts = (textbook.plain(textbook.draw(rng, "train")) for _ in range(samples))
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=list(SPECIAL_TOKENS[1:]),
        model_max_length=1024,
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def load_tokenizer(checkpoint: Path | None = None):
    """The tokenizer saved in a model's folder; without one, that of the pico models."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(checkpoint or folder())


def encode(sample: textbook.Sample, tokenizer) -> tuple[list[int], list[int]]:
    """Token ids and labels of one sample. Only what the assistant says (and plain text) has labels."""
    if not sample.messages:
        ids = tokenizer.encode(sample.text)
        return ids, ids
    ids, labels = [], []
    for message in sample.messages:
        head = tokenizer.encode(f"<|{message['role']}|>\n")
        body = tokenizer.encode(f"{message['content']}<|end|>")
        answer = body if message["role"] == "assistant" else [IGNORED] * len(body)
        ids += head + body + tokenizer.encode("\n")
        labels += [IGNORED] * len(head) + answer + [IGNORED]
    return ids, labels
