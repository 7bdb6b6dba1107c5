"""The tokenizer of the pico models: byte-level BPE, trained on the textbook, with Phi-3's special tokens. Byte-level
means that any text can be written with it, Chinese and emoji included; it only costs more tokens. Its chat template is
that of Phi-3.5, and the pattern that cuts a text into words and each digit is Qwen2's: one of the few that
Transformers, ONNX Runtime GenAI and llama.cpp all know, so that the same text gives the same ids in each. How it was
trained, from 60,000 samples, says `test_the_tokenizer_of_the_family_comes_from_the_textbook` in
`tests/test_train.py`."""

from pathlib import Path

from course_utils.pico import folder

IGNORED = -100  # the label of a token that the loss does not count


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
