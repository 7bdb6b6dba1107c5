"""Vectors of texts, from the checkpoints, with Transformers."""

from __future__ import annotations

import threading

from .store import Entry


class Embedder:
    """A vector for each text: the mean of the last layer's hidden states over its tokens, of length 1.

    pico models were never trained for this; it is the plainest way to get a vector out of a language model.
    A model is loaded when it is first asked for, and stays until it is forgotten.
    """

    def __init__(self):
        self._models, self._lock = {}, threading.Lock()

    def __call__(self, entry: Entry, texts: list[str]) -> tuple[list[list[float]], list[int]]:
        """(vectors, numbers of tokens). A text longer than the context is cut there."""
        import torch
        import transformers

        with self._lock:
            if entry.base not in self._models:
                transformers.logging.disable_progress_bar()
                model = transformers.AutoModel.from_pretrained(entry.checkpoint, dtype=torch.float32)
                self._models[entry.base] = model.eval(), transformers.AutoTokenizer.from_pretrained(entry.checkpoint)
            model, tokenizer = self._models[entry.base]
            context, vectors, counts = model.config.max_position_embeddings, [], []
            with torch.inference_mode():
                for text in texts:
                    ids = tokenizer(text, return_tensors="pt")["input_ids"]
                    counts.append(ids.shape[1])
                    hidden = model(ids[:, :context]).last_hidden_state[0].mean(dim=0)
                    vectors.append(torch.nn.functional.normalize(hidden, dim=0).tolist())
        return vectors, counts

    def forget(self, base: str) -> None:
        """Let go of a model."""
        with self._lock:
            self._models.pop(base, None)
