"""pico-moe: sixteen experts, a router that can be followed by hand, and the comparison with two dense models."""

from __future__ import annotations

import pytest
import torch
from safetensors import safe_open

from course_utils import CourseError, load, show
from course_utils.pico import MOE, evaluate, folder, moe
from course_utils.runtimes import UnknownModel

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
    assert moe.active_parameters(model.model) == rest + layers * 2 * expert == 2_134_528


def test_the_dense_ones_match_what_they_are_compared_in():
    active = moe.build("dense-active", moe.Recipe()).num_parameters()
    total = moe.build("dense-total", moe.Recipe()).num_parameters()
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
    busiest = max(range(16), key=lambda expert: moe.compared()["load"][1][expert])
    before = moe.held_out_loss(model.model, rows)
    with moe.without_expert(model.model, 1, busiest):
        assert moe.held_out_loss(model.model, rows) > before
    assert moe.held_out_loss(model.model, rows) == before


def test_the_comparison_says_what_can_be_measured_again(model):
    found = moe.compared()
    assert set(found["models"]) == set(moe.NAMES) and found["machine"] and found["date"]
    row = found["models"][MOE]
    assert row["parameters"] == model.model.num_parameters() and row["active"] == 2_134_528
    loss = moe.held_out_loss(model.model, moe.held_out(model.tokenizer))
    assert loss == pytest.approx(row["held_out_loss"], abs=0.002)
    assert all(sum(shares) == pytest.approx(1, abs=0.001) for shares in found["load"])


def test_it_answers_as_its_scores_say(model):
    student = evaluate.Examinee(model.model, model.tokenizer, name="pico-mini")
    for skill in ("summary", "sentiment", "passage"):
        known = moe.compared()["models"][MOE]["scores"][skill]
        score, _ = evaluate.examine(student, skill, 30, 5)
        assert score > known - 3.5 * (known * (1 - known) / 30) ** 0.5 - 0.05, skill


def test_other_engines_are_refused_in_words():
    with pytest.raises(UnknownModel, match="transformers only"):
        load(MOE, runtime="onnx")


def test_the_map_of_experts_has_a_text_twin(model):
    view = show.experts(model, SENTENCE)
    assert "Layer 0" in str(view) and "expert" in str(view) and "<svg" in view.html()
    assert view.set(2).rows()[0][1][0][0] == int(moe.routes(model.model, model.tokenizer.encode(SENTENCE))[0][2, 0, 0])
    with pytest.raises(CourseError, match="layers 0 to 3"):
        view.set(4)
    with pytest.raises(CourseError, match="no experts"):
        show.experts(load("pico-mini"), SENTENCE)
    view.widget().children[0].value = 3
    assert view.layer == 3
