"""What fine-tuning and growing rest on: gradients, optimizers, and a larger model that begins as a smaller one."""

from __future__ import annotations

import random

import pytest
import torch
from transformers import AutoModelForCausalLM

from course_utils.pico import folder, textbook
from course_utils.pico.export import BuildFailed, onnx_folder
from course_utils.pico.tokenizer import load_tokenizer
from course_utils.pico.training.train import RECIPES, Recipe, backward, build_model, encode, grow, optimizers

SMALL = {"hidden_size": 32, "heads": 2, "layers": 2, "intermediate_size": 64}


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(folder("pico-mini"))


def pages(tokenizer, count: int, seed: int = 1):
    rng = random.Random(seed)
    return [encode(textbook.draw(rng), tokenizer) for _ in range(count)]


def test_the_gradients_do_not_depend_on_how_the_pages_are_cut_into_batches(tokenizer):
    rows, model = pages(tokenizer, 40), build_model(Recipe(**SMALL))
    loss = backward(model, rows)
    together = model.model.embed_tokens.weight.grad.clone()
    model.zero_grad()
    # The loss of all is the mean of the losses of single pages, each weighted by the root of its answers' length.
    parts = [(backward(model, [row]), sum(label != -100 for label in row[1][1:]) ** 0.5) for row in rows]
    roots = [
        sum(label != -100 for label in row[1]) ** -0.5 * root**2 for row, (_, root) in zip(rows, parts, strict=True)
    ]
    expected = sum(each * root for (each, _), root in zip(parts, roots, strict=True)) / sum(roots)
    assert loss == pytest.approx(expected, rel=1e-4)
    assert together.abs().sum() > 0


def test_a_grown_model_begins_with_the_answers_of_the_smaller_one(tokenizer):
    small = AutoModelForCausalLM.from_pretrained(folder("pico-mini"), dtype=torch.float32)
    large = build_model(RECIPES["pico-medium"])
    grow(large, small)
    ids = tokenizer("The red fox is in the forest. Mia has a kite.", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        theirs, ours = small(ids).logits, large(ids).logits
    assert torch.allclose(theirs, ours, atol=0.02) and (theirs.argmax(-1) == ours.argmax(-1)).all()
    # What was silenced can learn: its gradients are not zero.
    backward(large, pages(tokenizer, 2))
    assert large.model.layers[0].self_attn.o_proj.weight.grad[:192, 192:].abs().max() > 0
    assert large.model.embed_tokens.weight.grad[:, 192:].abs().max() > 0


def test_each_weight_has_exactly_one_optimizer():
    model = build_model(Recipe(**SMALL))
    muon, adam = optimizers(model, Recipe())
    matrices, others = ([p for group in each.param_groups for p in group["params"]] for each in (muon, adam))
    assert {id(p) for p in matrices}.isdisjoint(id(p) for p in others)
    assert sum(p.numel() for p in matrices + others) == model.num_parameters()
    assert all(p.ndim == 2 for p in matrices) and len(matrices) == 4 * SMALL["layers"]


def test_lora_trains_its_thin_tables_and_nothing_else(tokenizer):
    from peft import LoraConfig, get_peft_model

    adapted = get_peft_model(build_model(Recipe(**SMALL)), LoraConfig(r=2, target_modules=["qkv_proj"]))
    inner = adapted.get_base_model()
    [adam] = optimizers(inner, Recipe())
    assert isinstance(adam, torch.optim.AdamW)
    chosen = sum(p.numel() for group in adam.param_groups for p in group["params"])
    assert chosen == adapted.get_nb_trainable_parameters()[0] == 2 * SMALL["layers"] * (3 * 32 + 32)
    frozen = inner.model.embed_tokens.weight.clone()
    backward(inner, pages(tokenizer, 2))
    adam.step()
    assert torch.equal(frozen, inner.model.embed_tokens.weight)


def test_a_model_of_ones_own_becomes_onnx(tokenizer, tmp_path, monkeypatch):
    from course_utils.models.onnx_model import OnnxModel
    from course_utils.models.torch_model import TransformersModel

    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    home = tmp_path / "my model"
    build_model(Recipe(hidden_size=64, heads=2, layers=1, intermediate_size=64)).save_pretrained(home)
    tokenizer.save_pretrained(home)
    built = onnx_folder(home, progress=False)
    told = [
        engine(folder).chat("Hello", max_new_tokens=12).text
        for engine, folder in ((OnnxModel, built), (TransformersModel, home))
    ]
    assert told[0] == told[1]


def test_an_export_of_nothing_says_what_is_missing(tmp_path):
    with pytest.raises(BuildFailed, match="There is no model in"):
        onnx_folder(tmp_path / "nothing")


def test_muon_in_float32_makes_an_update_nearly_orthogonal():
    """All singular values of the result are near 1, whichever side is longer."""
    import torch

    from course_utils.pico.training.muon import nearly_orthogonal

    torch.manual_seed(0)
    for shape in ((64, 200), (200, 64)):
        gradient = torch.randn(shape)
        found = nearly_orthogonal(gradient, (3.4445, -4.7750, 2.0315), 5, 1e-7)
        values = torch.linalg.svdvals(found)
        u, _, v = torch.linalg.svd(gradient, full_matrices=False)  # the orthogonal matrix that is nearest to it
        assert torch.nn.functional.cosine_similarity(found.flatten(), (u @ v).flatten(), dim=0) > 0.95
        assert found.shape == shape and values.min() > 0.5 and values.max() < 1.5
