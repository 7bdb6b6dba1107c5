"""Training: its parts, the one loop, the command that every model card names, and what each recipe reads."""

from __future__ import annotations

import hashlib
import inspect
import json
import random
import runpy
from dataclasses import replace
from itertools import islice

import pytest
import torch
import train_thesis
from torch.optim import _muon
from transformers import AutoModelForCausalLM

from course_utils import CourseError
from course_utils.pico import folder, textbook, training
from course_utils.pico.export import BuildFailed, onnx_folder
from course_utils.pico.tokenizer import encode, load_tokenizer
from course_utils.pico.training import muon
from course_utils.pico.training.loop import Checkpoint, backward, optimizers, run, step
from course_utils.pico.training.recipes import RECIPES, Recipe, lessons
from course_utils.pico.training.text import build_model, grow, train

SMALL = {"hidden_size": 32, "heads": 2, "layers": 2, "intermediate_size": 64}
TINY = {**SMALL, "layers": 1, "samples_a_step": 8, "warmup": 2, "review": 1}


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
    both = optimizers(model, 3e-3, 3e-3)
    matrices, others = ([p for group in each.param_groups for p in group["params"]] for each in both)
    assert {id(p) for p in matrices}.isdisjoint(id(p) for p in others)
    assert sum(p.numel() for p in matrices + others) == model.num_parameters()
    assert all(p.ndim == 2 for p in matrices) and len(matrices) == 4 * SMALL["layers"]


def test_lora_trains_its_thin_tables_and_nothing_else(tokenizer):
    from peft import LoraConfig, get_peft_model

    adapted = get_peft_model(build_model(Recipe(**SMALL)), LoraConfig(r=2, target_modules=["qkv_proj"]))
    inner = adapted.get_base_model()
    [adam] = optimizers(inner, 3e-3, 3e-3)
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


# Muon


@pytest.mark.parametrize("half", [False, True], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("shape", [(64, 200), (200, 64), (3, 40, 64)])
def test_muon_makes_an_update_nearly_orthogonal(shape, half):
    """All singular values of the result are near 1, in both precisions, whichever side is longer, in stacks too."""
    torch.manual_seed(0)
    gradient = torch.randn(shape)
    result = muon.nearly_orthogonal(gradient, half).float()
    values = torch.linalg.svdvals(result)
    u, _, v = torch.linalg.svd(gradient, full_matrices=False)  # the orthogonal matrix that is nearest to it
    assert torch.nn.functional.cosine_similarity(result.flatten(), (u @ v).flatten(), dim=0) > 0.95
    assert result.shape == shape and values.min() > 0.5 and values.max() < 1.5


def test_muon_is_the_librarys_and_leaves_the_librarys_alone(monkeypatch):
    """Three steps of both with the same gradients. The library computes in bfloat16, so ours has to here, too."""
    monkeypatch.setattr(muon, "prefers_half", lambda device: True)
    weights = [torch.nn.Parameter(torch.randn(48, 32, generator=torch.Generator().manual_seed(1))) for _ in range(2)]
    ours = muon.Muon(weights[:1], lr=3e-3)
    theirs = torch.optim.Muon(weights[1:], lr=3e-3, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    rng = torch.Generator().manual_seed(2)
    for _ in range(3):
        before, gradient = weights[0].detach().clone(), torch.randn(48, 32, generator=rng)
        for each, optim in zip(weights, (ours, theirs), strict=True):
            each.grad = gradient
            optim.step()
    assert torch.allclose(*weights, atol=1e-4) and not torch.allclose(before, weights[0], atol=1e-3)
    untouched = dict(vars(_muon))
    runpy.run_path(muon.__file__)
    assert dict(vars(_muon)) == untouched
    assert inspect.getsourcefile(_muon._zeropower_via_newtonschulz) == _muon.__file__


def test_the_quicker_precision_is_measured_once():
    muon.prefers_half.cache_clear()
    first = muon.prefers_half()
    assert [muon.prefers_half() for _ in range(3)] == [first] * 3 and muon.prefers_half.cache_info().misses == 1
    if torch.backends.cpu.get_cpu_capability() in ("DEFAULT", "AVX2"):  # thirty times slower there
        assert first is False


# the loop


def test_the_learning_rate_warms_up_stays_and_falls_to_zero():
    recipe = Recipe(steps=1000, warmup=100, decay=0.4)
    assert recipe.rate(0) == 0.01 and recipe.rate(300) == 1.0 and recipe.rate(800) == pytest.approx(0.5)
    assert recipe.rate(999) < 0.01


def test_a_step_follows_the_share_of_the_rate_and_clips():
    model = torch.nn.Linear(3, 1, bias=False)
    optim = torch.optim.SGD(model.parameters(), lr=0.5)
    for share in (1.0, 0.1, 0.0, 1.0):
        before = model.weight.detach().clone()
        (1000 * model(torch.ones(3)).sum()).backward()
        step(model, [optim], share)
        assert float((model.weight.detach() - before).norm()) == pytest.approx(0.5 * share, abs=1e-5)
        assert model.weight.grad is None


def test_training_learns_and_goes_on_after_an_interruption_as_if_there_was_none(tmp_path, monkeypatch):
    recipe = Recipe(steps=5, **TINY)
    whole, _ = train(recipe, tmp_path / "whole", save_every=2)
    curve = (tmp_path / "whole" / "curve.csv").read_text()
    losses = [float(line.split(",")[1]) for line in curve.splitlines()]
    assert len(losses) == 6 and losses[-1] < losses[0]

    draw, left = textbook.draw, []

    def interrupted(rng, split, skill=None):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return draw(rng, split, skill)

    monkeypatch.setattr(textbook, "draw", interrupted)
    for steps in (1, 4):  # interrupted in the second step, before there is a checkpoint; and in the fifth, after two
        left += [None] * (steps * recipe.samples_a_step)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, tmp_path / "halted", save_every=2)
    monkeypatch.setattr(textbook, "draw", draw)
    halted, _ = train(recipe, tmp_path / "halted", save_every=2)
    assert all((a == b).all() for a, b in zip(whole.parameters(), halted.parameters(), strict=True))
    assert (tmp_path / "halted" / "curve.csv").read_text() == curve


def test_a_checkpoint_is_saved_whole_or_not_at_all(tmp_path):
    model = torch.nn.Linear(2, 1)
    checkpoint = Checkpoint(tmp_path, {"seed": 0}, [model])
    assert checkpoint.resume() == 0
    checkpoint.log(0, 1.5)
    checkpoint.save(1)
    kept, saved = model.weight.detach().clone(), checkpoint.path.read_bytes()

    class Broken(torch.nn.Linear):
        def state_dict(self, *args, **kwargs):
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        Checkpoint(tmp_path, {"seed": 0}, [Broken(2, 1)]).save(2)
    assert checkpoint.path.read_bytes() == saved
    with torch.no_grad():
        model.weight.zero_()
    assert checkpoint.resume() == 1 and torch.equal(model.weight, kept)


def test_a_checkpoint_of_another_recipe_is_not_mixed_in(tmp_path):
    model = torch.nn.Linear(2, 1)
    Checkpoint(tmp_path, {"recipe": (1, "a")}, [model]).save(1)
    with pytest.raises(CourseError, match="another recipe"):
        Checkpoint(tmp_path, {"recipe": (2, "a")}, [model]).resume()


def test_the_loop_counts_and_tells():
    model, done = torch.nn.Linear(1, 1), []
    run(model, [], lambda number: {"loss": number, "tokens": 5}, lambda number: 1.0, 4, after=done.append)
    assert done == [1, 2, 3, 4]


# the command on the model cards

TINY_RECIPES = {
    "pico-mini": replace(RECIPES["pico-mini"], **TINY, steps=3),
    "pico-medium": replace(RECIPES["pico-medium"], samples_a_step=2, steps=2, review=1),
    "pico-moe": replace(RECIPES["pico-moe"], hidden_size=32, heads=2, layers=1, samples_a_step=4, steps=3),
    "dense-total": replace(RECIPES["dense-total"], hidden_size=32, heads=2, layers=1, samples_a_step=4, steps=3),
}


@pytest.mark.parametrize("name", TINY_RECIPES)
def test_each_model_can_be_trained_by_the_command_and_goes_on(name, tmp_path, monkeypatch, capsys):
    """Some steps, then on from the checkpoint to the end of the recipe; the folder that is left can be loaded."""
    monkeypatch.setattr(training, "RECIPES", TINY_RECIPES)
    out = tmp_path / "in training"
    assert training.main([name, "--out", str(out), "--steps", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"model": str(out / "model")}
    assert torch.load(out / "checkpoint.pt", weights_only=True)["step"] == 2
    assert training.main([name, "--out", str(out)]) == 0
    curve = [line.split(",") for line in (out / "curve.csv").read_text(encoding="utf-8").split()]
    steps = TINY_RECIPES[name].steps + TINY_RECIPES[name].review
    assert [int(number) for number, _ in curve] == list(range(steps)) and all(float(loss) > 0 for _, loss in curve)
    assert "The model is in" in capsys.readouterr().out
    model = AutoModelForCausalLM.from_pretrained(out / "model", dtype=torch.float32)
    trained = torch.load(out / "checkpoint.pt", weights_only=True)["parts"][0]
    same = all(torch.allclose(weights, trained[key], atol=1e-3) for key, weights in model.state_dict().items())
    assert same != TINY_RECIPES[name].average  # where it is a mean, it is not what the last step left
    assert model.num_parameters() > 1000
    # Another seed is another recipe.
    assert training.main([name, "--out", str(out), "--seed", "1"]) == 1
    assert "another recipe" in capsys.readouterr().err


def test_the_command_knows_what_it_can_train(capsys):
    for wrong in (["pico-giant"], ["pico-mini", "--steps", "0"]):
        with pytest.raises(SystemExit):
            training.main(wrong)
    assert "no recipe for 'pico-giant'; choose one of: pico-mini" in capsys.readouterr().err


# what the recipes read: the shipped weights read exactly this, and whoever trains again is to read it, too


def digest(read) -> str:
    return hashlib.sha256(repr(read).encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("pico-mini", 0, "efc9e3e7440c05c4"),
        ("pico-mini", 600, "02b346a1810b2cdf"),
        ("pico-mini", 11599, "d6aebf6266093c74"),
        ("pico-medium", 0, "5ac9e9bac3535ae9"),
        ("pico-medium", 2999, "06117c117f729b47"),
        ("pico-moe", 0, "2e678169304f055e"),
        ("pico-moe", 120, "c8807b9fd45dbae9"),
        ("dense-total", 1199, "fef078a142c873dd"),
    ],
)
def test_a_step_reads_the_same_samples_for_ever(tokenizer, name, number, expected):
    assert digest(lessons(RECIPES[name], number, tokenizer)) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("small-textbook", "89e912b0bca2c827"), ("big-web", "99348bb848f769e6")]
)
def test_a_run_of_the_thesis_reads_the_same_pages_for_ever(tokenizer, name, expected):
    run_of_it = next(each for each in train_thesis.RUNS if each.name == name)
    read, pages_read = hashlib.sha256(), train_thesis.pages_of(run_of_it, tokenizer)
    for number, (rows, tokens) in enumerate(islice(pages_read, 5)):
        read.update(repr((number, rows, tokens)).encode())
    assert read.hexdigest()[:16] == expected


def test_the_tokenizer_of_the_family_comes_from_the_textbook(tmp_path):
    """What every training loads is what 60,000 samples of the textbook make: file by file."""
    rng = random.Random(0)
    texts = (textbook.plain(textbook.draw(rng, "train")) for _ in range(60_000))
    load_tokenizer().train_new_from_iterator(texts, 2048, show_progress=False).save_pretrained(tmp_path)
    for file in ("tokenizer.json", "chat_template.jinja"):
        assert (tmp_path / file).read_bytes() == (folder("pico-mini") / file).read_bytes(), file
    ours, shipped = (json.loads((place / "tokenizer_config.json").read_text()) for place in (tmp_path, folder()))
    assert {key: ours[key] for key in shipped} == shipped  # what is more says how Transformers loaded its model
    assert ours.keys() - shipped.keys() <= {"is_local", "local_files_only"}
