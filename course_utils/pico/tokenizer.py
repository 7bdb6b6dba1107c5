"""The tokenizer of the pico models: byte-level BPE, trained on the textbook, with Phi-3's special tokens.

Byte-level means that any text can be written with it, Chinese and emoji included; it only costs more tokens.
"""

import random
from pathlib import Path

from course_utils.pico import folder

IGNORED = -100  # the label of a token that the loss does not count


def train_tokenizer(samples: int = 60_000, vocab_size: int = 2048, seed: int = 0):
    """Train a tokenizer of `vocab_size` entries on that many samples of the textbook.

    Returns a `PreTrainedTokenizerFast`. All but its vocabulary is as in the pico models' own: the chat template and the
    special tokens of Phi-3.5, and Qwen2's pattern, which cuts a text into words and each digit. That is one of the few
    patterns that Transformers, ONNX Runtime GenAI and llama.cpp all know: the same text gives the same ids in each.
    """
    from course_utils.pico import textbook  # ten thousand lines of words, which a reader of tokens does not need

    rng = random.Random(seed)
    texts = (textbook.plain(textbook.draw(rng, "train")) for _ in range(samples))
    return load_tokenizer().train_new_from_iterator(texts, vocab_size, show_progress=False)


def load_tokenizer(checkpoint: Path | None = None):
    """The tokenizer saved in a model's folder; without one, that of the pico models."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(checkpoint or folder())


def encode(sample, tokenizer) -> tuple[list[int], list[int]]:
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
