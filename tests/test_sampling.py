"""What each engine draws is what the logits and the options say, and what the library does not do is done."""

from __future__ import annotations

import numpy as np
import pytest

from course_utils import load
from course_utils.models.chat import Message, SamplingParams
from course_utils.models.onnx_model import genai, search_options

DRAWS = 2000
HEAT = 6.0  # so high that many tokens are likely enough to be counted
OPTIONS = [
    {"top_k": 20},
    {"top_p": 0.5},
    {"min_p": 0.1},
    {"repetition_penalty": 1.5},
    {"top_k": 30, "top_p": 0.8},
    {"top_p": 0.7, "min_p": 0.1},
    {"top_k": 60, "top_p": 0.9, "min_p": 0.1, "repetition_penalty": 1.5},
]


@pytest.fixture(scope="module")
def models():
    return {runtime: load("pico-mini", runtime=runtime) for runtime in ("transformers", "onnx")}


@pytest.fixture(scope="module")
def ids(models):
    """A prompt with the beginning of its answer: the likeliest next token stands in it, and many others are likely."""
    model = models["onnx"]
    prompt = model.encode([Message("user", "Tell me a story about a red fox in the forest.")])
    return prompt + [int(token) for token in model.tokenizer.encode("Once there was a red")]


@pytest.fixture(scope="module")
def logits(models, ids):
    """Of the token after the prompt, from PyTorch: shape (vocabulary,)."""
    import torch

    with torch.inference_mode():
        return models["transformers"].model(torch.tensor([ids])).logits[0, -1].double().numpy()


def expected(logits, ids, params: SamplingParams):
    """The probabilities, from the definitions: penalty, temperature, top-k, top-p, min-p, one after the other."""
    scores = logits.copy()
    for token in set(ids):
        scores[token] *= params.repetition_penalty if scores[token] < 0 else 1 / params.repetition_penalty
    chances = np.exp((scores - scores.max()) / params.temperature)
    order = np.argsort(-chances)
    if params.top_k:
        chances[order[params.top_k :]] = 0
    chances /= chances.sum()
    if params.top_p < 1:
        least = 1 + int(np.searchsorted(np.cumsum(chances[order]), params.top_p))  # until they add up to top_p
        chances[order[least:]] = 0
    chances[chances < params.min_p * chances.max()] = 0
    return chances / chances.sum()


def differs(counts, chances) -> str:
    """Why these counts were not drawn with these chances, or "": chi-square, with rare tokens in one class."""
    if counts[chances == 0].sum() > 0:
        return f"{counts[chances == 0].sum():.0f} draws of tokens that are ruled out"
    often = chances * DRAWS >= 5
    wanted = DRAWS * np.append(chances[often], chances[~often].sum())
    drawn = np.append(counts[often], counts[~often].sum())
    real = wanted > 0
    chi = ((drawn - wanted)[real] ** 2 / wanted[real]).sum()
    freedom = real.sum() - 1
    return (
        "" if chi <= freedom + 5 * (2 * freedom) ** 0.5 + 5 else f"chi-square {chi:.0f}, {freedom} degrees of freedom"
    )


def draw_torch(model, ids, params: SamplingParams):
    """First tokens of 2,000 answers by our loop; the forward pass, the same each time, is done once."""
    from dataclasses import replace

    sequence, step = model._begin(ids)
    logits = step(sequence)
    tokens = [
        next(model._sampled(sequence, lambda _: logits.clone(), replace(params, seed=seed), 1)) for seed in range(DRAWS)
    ]
    return np.bincount(tokens, minlength=logits.shape[-1])


def draw_onnx(model, ids, params: SamplingParams, generator=None):
    """The same by GenAI: after each draw the generator goes back before the prompt's last token and reads it again."""
    generator = generator or model._generator(params, len(ids) + 2)
    generator.append_tokens(np.array(ids, dtype=np.int32))
    tokens = []
    for _ in range(DRAWS):
        tokens += model._written(generator, params, 1)
        generator.rewind_to(len(ids) - 1)
        generator.append_tokens(np.array(ids[-1:], dtype=np.int32))
    return np.bincount(tokens, minlength=model.vocab_size)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_both_engines_draw_what_the_logits_say(models, ids, logits, options):
    params = SamplingParams(temperature=HEAT, seed=1, **options)
    chances = expected(logits, ids, params)
    assert 5 < (chances > 0).sum()
    assert differs(draw_torch(models["transformers"], ids, params), chances) == ""
    assert differs(draw_onnx(models["onnx"], ids, params), chances) == ""


def test_the_comparison_finds_an_engine_that_ignores_an_option(models, ids, logits):
    """GenAI with the options as they were handed on before, and with each one left out."""
    model = models["onnx"]
    free = draw_onnx(model, ids, SamplingParams(temperature=HEAT, seed=1))
    assert differs(free, expected(logits, ids, SamplingParams(temperature=HEAT))) == ""
    for option, value in {
        "temperature": 3.0,
        "top_p": 0.5,
        "top_k": 20,
        "repetition_penalty": 1.5,
        "min_p": 0.1,
    }.items():
        params = SamplingParams(**{"temperature": HEAT, option: value})
        assert differs(free, expected(logits, ids, params)) != "", option
    search = search_options(SamplingParams(temperature=HEAT, top_p=0.5, seed=1), model.vocab_size, len(ids) + 2)
    assert search["top_k"] == model.vocab_size
    how = genai().GeneratorParams(model.model)
    how.set_search_options(**search | {"top_k": 0})
    broken = draw_onnx(model, ids, SamplingParams(), genai().Generator(model.model, how))
    assert "ruled out" in differs(broken, expected(logits, ids, SamplingParams(temperature=HEAT, top_p=0.5)))


def test_min_p_counts_after_the_penalty_and_after_top_k_and_top_p(models, ids, logits):
    """A min-p that looked at the bare logits first would draw from another set."""
    from course_utils.models.onnx_model import keep_likely

    for options in ({"repetition_penalty": 1.5}, {"top_p": 0.6}, {"top_k": 8}):
        params = SamplingParams(temperature=HEAT, min_p=0.1, **options)
        ours = logits.copy()
        keep_likely(ours, params, np.array(ids))
        assert set(np.flatnonzero(np.isfinite(ours))) == set(np.flatnonzero(expected(logits, ids, params)))
    unchanged = logits.copy()
    keep_likely(unchanged, SamplingParams(temperature=HEAT, top_k=5), np.array(ids))
    assert np.array_equal(unchanged, logits)  # without min-p all of it is the library's


def test_a_chat_that_goes_on_has_the_end_marker_of_the_answer_before(models):
    """GenAI leaves the end token out of its sequence and cache; each answer here reads the whole conversation anew."""
    turns = [("user", "hello"), ("assistant", "Hello!"), ("user", "What is 2 + 3?")]
    tokens = {name: model.encode([Message(*turn) for turn in turns]) for name, model in models.items()}
    assert tokens["onnx"] == tokens["transformers"] and tokens["onnx"].count(4) == 3  # <|end|> after every turn
