"""The two things behind a course model of the Transformers runtime that some views look into."""

from __future__ import annotations

from course_utils.base import CourseError


def network_and_tokenizer(model, tokenizer=None):
    """The Torch network and the tokenizer of a course model, or of a Transformers model given with its
    tokenizer.

    Raises CourseError for a model that has no network to look into, such as one served by another program.
    """
    import torch

    network = model if isinstance(model, torch.nn.Module) else getattr(model, "model", None)
    tokenizer = tokenizer or getattr(model, "tokenizer", None)
    if not isinstance(network, torch.nn.Module) or tokenizer is None:
        raise CourseError(
            "This view looks inside the network, so it needs a model of the Transformers runtime: "
            'load("pico-mini", runtime="transformers"), or a Transformers model with tokenizer=.'
        )
    return network, tokenizer
