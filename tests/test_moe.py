"""pico-moe: sixteen experts, a router that can be followed by hand, and the comparison with two dense models."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import compare_experts as experts
import pytest
import torch
from safetensors import safe_open

from course_utils import CourseError, load, show
from course_utils.models import UnknownModel
from course_utils.phi import arithmetic
from course_utils.pico import MOE, evaluate, folder, moe, records
from course_utils.pico.tokenizer import load_tokenizer
from course_utils.pico.training import loop
from course_utils.pico.training.muon import Muon
from course_utils.pico.training.recipes import RECIPES, lessons
from course_utils.pico.training.text import build_model
from tests import examine

SENTENCE = "The red fox lives in the forest."


@pytest.fixture(scope="module")
def model():
    return load(MOE)


def test_it_has_sixteen_experts_uses_two_and_is_small(model):
    config = model.model.config
    assert (config.num_local_experts, config.num_experts_per_tok) == (16, 2)
    assert type(model.model).__name__ == "PhimoeForCausalLM"
    file = folder(MOE) / "model.safetensors"
    assert file.stat().st_size < 12_000_000
    with safe_open(file, "pt") as weights:
        assert {weights.get_tensor(key).dtype for key in weights.keys()} == {torch.float16}  # noqa: SIM118


def test_parameters_counted_by_hand(model):
    hidden, layers = 256, 4
    attention, norms, router, expert = 4 * hidden**2, 4 * hidden, 16 * hidden, 3 * hidden * 88
    rest = 2048 * hidden + 2 * hidden + layers * (attention + norms + router)
    assert model.model.num_parameters() == rest + layers * 16 * expert == 5_919_232
    assert experts.active_parameters(model.model) == rest + layers * 2 * expert == 2_134_528
    counted = arithmetic.count(model.model.config)  # the sum that the course does for Phi-3.5-MoE
    assert (counted.total, counted.active) == (5_919_232, 2_134_528)


def test_the_dense_ones_match_what_they_are_compared_in():
    active = build_model(RECIPES["dense-active"]).num_parameters()
    total = build_model(RECIPES["dense-total"]).num_parameters()
    assert abs(active / 2_134_528 - 1) < 0.01 and abs(total / 5_919_232 - 1) < 0.01


def test_the_router_by_hand_is_the_librarys(model):
    ids = model.tokenizer.encode(SENTENCE)
    chosen, weights = moe.routes(model.model, ids)
    assert chosen.shape == weights.shape == (4, len(ids), 2)
    for number, layer in enumerate(model.model.model.layers):
        caught = {}
        hook = layer.mlp.register_forward_hook(lambda m, given, out, into=caught: into.update(x=given[0][0], y=out[0]))
        with torch.inference_mode():
            model.model.model(torch.tensor([ids]))
        hook.remove()
        with torch.inference_mode():
            for place, x in enumerate(caught["x"]):
                best = (layer.mlp.router.weight @ x).topk(2).indices
                assert best.tolist() == chosen[number, place].tolist()
                total = torch.zeros_like(x)
                for expert, weight in zip(best.tolist(), weights[number, place], strict=True):
                    gate, up = (layer.mlp.experts.gate_up_proj[expert] @ x).chunk(2)
                    total += weight * (layer.mlp.experts.down_proj[expert] @ (torch.nn.functional.silu(gate) * up))
                assert torch.allclose(total, caught["y"][place], atol=1e-4)


def test_an_expert_can_be_switched_off_and_comes_back(model):
    rows = moe.held_out(model.tokenizer, samples=12)
    busiest = max(range(16), key=lambda expert: moe.compared()["load"][0][expert])
    before = loop.held_out_loss(model.model, rows)
    with moe.without_expert(model.model, 0, busiest):
        assert loop.held_out_loss(model.model, rows) > 1.2 * before
    assert loop.held_out_loss(model.model, rows) == before
    with pytest.raises(RuntimeError, match="stop"), moe.without_expert(model.model, 0, busiest):
        raise RuntimeError("stop")
    assert loop.held_out_loss(model.model, rows) == before


def test_some_experts_serve_one_skill(model):
    """Notebook 07 shows it: one expert matters to sums, the one for quotation marks to stories. As in `moe.json`."""
    known = moe.compared()["without"]
    samples = {skill: moe.held_out(model.tokenizer, known["samples"], skill=skill) for skill in ("sum", "story")}
    before = {skill: loop.held_out_loss(model.model, rows) for skill, rows in samples.items()}
    for layer, expert, hurt in ((2, 0, "sum"), (0, 12, "story")):
        listed = dict(zip(known["skills"], known["rises"][layer][expert], strict=True))
        with moe.without_expert(model.model, layer, expert):
            rises = {skill: loop.held_out_loss(model.model, rows) - before[skill] for skill, rows in samples.items()}
        assert rises == pytest.approx({skill: listed[skill] for skill in rises}, abs=0.004)
        assert rises.pop(hurt) > 0.08 and abs(rises.popitem()[1]) < 0.02, (layer, expert)


def test_the_comparison_says_what_can_be_measured_again(model):
    found = moe.compared()
    assert set(found["models"]) == set(moe.NAMES) and found["machine"] and found["date"]
    row = found["models"][MOE]
    assert row["parameters"] == model.model.num_parameters() and row["active"] == 2_134_528
    loss = loop.held_out_loss(model.model, moe.held_out(model.tokenizer))
    assert loss == pytest.approx(row["held_out_loss"], abs=0.002)
    assert all(sum(shares) == pytest.approx(1, abs=0.001) for shares in found["load"])
    for name, other in found["models"].items():
        network = build_model(RECIPES[name])
        assert (other["parameters"], other["active"]) == (network.num_parameters(), experts.active_parameters(network))
        assert other["megabytes"] == pytest.approx(2 * other["parameters"] / 1e6)
        assert other["ms_a_token"] > 0 and other["ms_a_thousand_prompt_tokens"] > 0
    assert set(found["models"]["dense-total"]["scores"]) == set(row["scores"]) == set(records.scores(MOE)["scores"])


def test_the_load_is_that_of_the_held_out_samples(model):
    load = experts.expert_load(model.model, moe.held_out(model.tokenizer))
    for shares, known in zip(load, moe.compared()["load"], strict=True):
        assert shares == pytest.approx(known, abs=0.002)


def test_the_curve_has_every_step():
    lines = (folder(MOE) / "curve.csv").read_text(encoding="utf-8").split()
    assert [int(line.split(",")[0]) for line in lines] == list(range(moe.compared()["steps"]))


def test_it_is_read_like_the_rest_of_the_family():
    for file in ("tokenizer_config.json", "chat_template.jinja", "generation_config.json"):
        assert (folder(MOE) / file).read_bytes() == (folder("pico-mini") / file).read_bytes(), file


def test_the_three_read_the_same(model):
    mixture, *dense = ([len(ids) for ids, _ in lessons(RECIPES[name], 3, model.tokenizer)] for name in moe.NAMES)
    assert mixture and dense == [mixture, mixture]


def test_each_expert_is_turned_by_itself(model):
    recipe = replace(RECIPES[MOE], layers=1, samples_a_step=4)
    network = build_model(recipe)
    muon, adam = loop.optimizers(network, recipe.learning_rate, recipe.learning_rate)
    assert sum(p.numel() for o in (muon, adam) for g in o.param_groups for p in g["params"]) == network.num_parameters()
    loss = loop.backward(network, lessons(recipe, 0, model.tokenizer), balance=recipe.balance)
    assert 5 < loss < 9
    down = network.model.layers[0].mlp.experts.down_proj
    alone = []  # each expert's matrix in the hands of an optimizer that knows of no other
    for part, gradient in zip(down.detach(), down.grad, strict=True):
        alone.append(torch.nn.Parameter(part.clone()))
        alone[-1].grad = gradient.clone()
    Muon(alone, lr=recipe.learning_rate).step()
    before = down.detach().clone()
    muon.step()
    assert torch.allclose(down, torch.stack(alone), atol=1e-6) and not torch.allclose(down, before, atol=1e-4)


def test_the_balance_counts_in_training(model):
    """The router's gradient has a part that comes from the load, of which the answers know nothing."""
    recipe = replace(RECIPES[MOE], layers=2, samples_a_step=4)
    rows, gradients = lessons(recipe, 0, model.tokenizer), []
    for balance in (0.0, 1.0):
        network = build_model(recipe).eval()
        loop.backward(network, rows, balance=balance)
        gradients.append(network.model.layers[0].mlp.router.weight.grad)
    assert (gradients[0] - gradients[1]).abs().max() > 1e-4
    ids = torch.tensor([rows[0][0]])
    output = network.model(input_ids=ids, use_cache=False, output_router_logits=True)
    assert 1.5 < loop.load_balancing_loss_func(output.router_logits, recipe.experts, 2, ids != 0).item() < 4


def test_the_comparison_can_be_made_again(tmp_path, monkeypatch, capsys):
    """The command of `moe.json`, with untrained dense models and one sample a skill, writes every figure there is."""
    with pytest.raises(SystemExit):
        experts.main(["--trained", str(tmp_path), "--machine", "a core"])
    assert "train dense-active first" in capsys.readouterr().err
    tokenizer = load_tokenizer(folder(MOE))
    for name in moe.NAMES[1:]:
        loop.save(build_model(replace(RECIPES[name], layers=1)), tokenizer, tmp_path / name / "model")
    weights, home = folder(MOE), tmp_path / "written"
    home.mkdir()
    for file in weights.iterdir():
        (home / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(experts, "folder", lambda _: home)
    monkeypatch.setattr(experts, "RESULTS", home / "moe.json")
    few = lambda student, samples, seed: ({"sum": examine.examine(student, "sum", 2, seed)[0]}, {})  # noqa: E731
    monkeypatch.setattr(experts, "evaluate", few)
    monkeypatch.setattr(experts, "speed", partial(experts.speed, rounds=1))
    monkeypatch.setattr(experts, "RECIPES", {MOE: replace(RECIPES[MOE], steps=20)})
    monkeypatch.setattr(experts, "held_out", lambda tokenizer, samples=4, **skill: moe.held_out(tokenizer, 4, **skill))
    monkeypatch.setattr(experts, "rises_without", lambda network, tokenizer, **how: how)  # 65 passes over five skills
    assert experts.main(["--trained", str(tmp_path), "--machine", "a core"]) == 0
    written = json.loads((home / "moe.json").read_text(encoding="utf-8"))
    assert written.keys() == moe.compared().keys() and written["command"] == moe.compared()["command"]
    for name in moe.NAMES:
        assert written["models"][name].keys() == moe.compared()["models"][name].keys()
    assert written["models"][MOE]["parameters"] == moe.compared()["models"][MOE]["parameters"]


def test_it_answers_as_its_scores_say(model):
    student = evaluate.Examinee(model.model, model.tokenizer, name="pico-mini")
    for skill in ("summary", "sentiment", "passage"):
        known = moe.compared()["models"][MOE]["scores"][skill]
        score, _ = examine.examine(student, skill, 30, 5)
        assert score > known - 3.5 * (known * (1 - known) / 30) ** 0.5 - 0.05, skill


def test_other_engines_are_refused_in_words():
    with pytest.raises(UnknownModel, match="runs here with: transformers. Not with 'onnx': .* no way for PhiMoE"):
        load(MOE, runtime="onnx")


def test_the_map_of_experts_has_a_text_twin(model):
    view = show.experts(model, SENTENCE)
    assert "Experts of layer 0" in str(view) and "expert 15" in view.html() and "<svg" in view.html()
    assert view.set(2).rows()[0][1][0][0] == int(moe.routes(model.model, model.tokenizer.encode(SENTENCE))[0][2, 0, 0])
    with pytest.raises(CourseError, match="layers 0 to 3"):
        view.set(4)
    with pytest.raises(CourseError, match="no experts"):
        show.experts(load("pico-mini", runtime="transformers"), SENTENCE)
    view.widget()
    view.control["layer"].value = 3
    assert view.layer == 3
