"""The views of the Phi family, and that the sentences of notebook 02 agree with the facts they speak of."""

from __future__ import annotations

import base64
import copy
import math
import re

import pytest

from course_utils import ROOT, CourseError, show
from course_utils.exercises.e02_phi_family import quiz
from course_utils.exercises.jobs import JOBS, needs, unfit
from course_utils.phi import arithmetic, facts, fit
from course_utils.show.charts import COLOURS, HATCHES
from course_utils.show.family_charts import _day

MINIS = ["phi-3.5-mini", "phi-4-mini"]


def marks(view) -> list[int]:
    """The numbers in brackets, in the order of the text, without its alt text and its sources."""
    shown = getattr(view, "numbers", None) or view.text().partition("\nSources\n")[0]
    return [int(n) for group in re.findall(r"\[([\d, ]+)\]", shown) for n in group.split(", ")]


def svg(view) -> str:
    return base64.b64decode(re.search(r"data:image/svg\+xml;base64,([\w+/=]+)", view.html())[1]).decode("utf-8")


RUMOUR = facts.figure("gpt-4", "parameters")


@pytest.fixture
def with_hearsay(monkeypatch):
    """The facts, and on top a rumour of MMLU."""
    data = copy.deepcopy(facts._data())
    row = {"model": "gpt-4", "value": 99.9, "method": "5-shot", "source": RUMOUR.source.key, "confirmed": "rumour"}
    data["benchmarks"]["MMLU"]["scores"].append(row)
    monkeypatch.setattr(facts, "_data", lambda: data)


# --- scores


def test_scores_name_the_method_and_the_source_of_each_number():
    view = show.scores("MMLU", ["phi-3-mini-4k", "mistral-7b-v0.1"])
    text = view.text()
    assert "MMLU: Phi-3-mini 4k (April 2024), 5-shot 68.8 [1]; Mistral 7B v0.1, 5-shot 61.7 [2]" in text
    assert view.trace().splitlines()[1].startswith("[2] Mistral 7B v0.1, MMLU: 61.7 %; 5-shot; read in a report")
    assert "https://arxiv.org/abs/2404.14219" in view.trace() and view.trace() in text


def test_scores_without_models_are_best_first():
    values = [found.value for found in show.scores("GSM8K").figures]
    assert values == sorted(values, reverse=True) and len(values) > 8


def test_every_mark_has_its_line():
    views = [show.scores("MMLU"), show.scores(["MMMU", "BLINK"]), show.timeline(), show.card("phi-4", "phi-2")]
    for view in [*views, show.table(["phi-2", "phi-4"], ["licence", "context"])]:
        assert marks(view) == list(range(1, len(view.figures) + 1))
        assert len(view.trace().splitlines()) == len(view.figures)


def test_a_rumour_is_never_drawn(with_hearsay):
    assert "99.9" not in show.scores("MMLU").text()
    with pytest.raises(CourseError, match="None of these models has a score of MMLU"):
        show.scores("MMLU", ["gpt-4"])
    assert "1.76" not in show.card("gpt-4", "phi-4").text()
    assert show.table(["gpt-4", "phi-4"], ["parameters"]).text().startswith("GPT-4: Parameters not known here")


def test_several_benchmarks_share_a_scale_and_say_what_is_missing():
    view = show.scores(["MMLU", "BLINK"], ["phi-3.5-mini", "phi-3.5-vision"])
    assert "Phi-3.5-mini, 5-shot 69.0 [1]; Phi-3.5-vision no figure" in view.text()
    assert {axes.get_xlim() for axes in view.figure.axes} == {(0, 136)}


def test_methods_that_differ_are_not_hidden():
    again = show.scores(["MMLU", "GPQA"], MINIS, source="card-4-mini")
    heads = [axes.get_title(loc="left") for axes in again.figure.axes]
    assert [head.split("\n")[1] for head in heads] == ["5-shot", "0-shot, chain of thought"]
    assert "5-shot 65.5 [1]" in again.text() and "(measured again for the card of Phi-4-mini)" in again.text()
    other = show.scores(["MMLU", "MATH"], ["phi-3.5-mini", "phi-4"])
    texts = [text.get_text().replace("\n", " ") for text in other.figure.axes[0].texts]
    assert texts == ["69.0 [1] 5-shot", "84.8 [2] OpenAI simple-evals, another method"]


def test_less_can_be_better():
    assert "less is better" in show.scores("Ungroundedness").figure.get_suptitle()
    assert "more is better; dotted: other makers" in show.scores("MMLU").figure.get_suptitle()


def test_other_makers_are_hatched():
    bars = show.scores("MMLU", ["phi-2", "mistral-7b-v0.1"]).figure.axes[0].patches
    assert [bool(bar.get_hatch()) for bar in bars] == [False, True]


def test_wrong_names_are_answered_with_the_near_ones():
    with pytest.raises(CourseError, match="Did you mean MMLU"):
        show.scores("MMLUU")
    with pytest.raises(CourseError, match="Did you mean phi-4"):
        show.card("phi-44")
    with pytest.raises(CourseError, match="Name a model"):
        show.card()
    with pytest.raises(CourseError, match="figures that they have"):
        show.table([], ["licence"])
    with pytest.raises(CourseError, match="figures that they have"):
        show.table(["phi-4"], ["colour"])


def test_the_html_is_a_picture_with_alt_text_and_links():
    view = show.scores("MMLU", MINIS)
    html = view.html()
    assert "<summary>Sources</summary>" in html and '<a href="https://huggingface.co/microsoft/Phi-4-mini' in html
    assert '<img alt="Bar charts of MMLU for Phi-3.5-mini, Phi-4-mini."' in html and "5-shot 69.0 [1]" in html
    assert svg(view).startswith("<?xml") and "<svg" in svg(view)
    assert html.count("<figure") == html.count("</figure>") == 1


# --- timeline


def test_the_timeline_runs_from_the_first_to_the_last():
    view = show.timeline()
    days = re.findall(r"^(\d{4}-\d\d(?:-\d\d)?): ", view.text(), re.MULTILINE)
    assert days == sorted(days) and days[0] == "2023-06-20" and len(days) > 20
    assert "Phi-3.5-MoE, 41.9 B" in view.text() and "mixture of experts" in view.text()
    assert len(svg(view)) > 10_000


def test_a_month_is_drawn_in_its_middle():
    assert (_day("2024-06").isoformat(), _day("2024").isoformat()) == ("2024-06-15", "2024-07-15")
    with pytest.raises(CourseError, match="day or month of release"):
        show.timeline(["gpt-4o"])


# --- cards and tables


def test_a_card_reads_as_a_sentence_would():
    text = show.card("phi-3.5-mini").text()
    assert "Parameters: 3.82 B [2]" in text and "Layers: 32 [5]" in text and "Trained on: 512 × H100-80G" in text
    assert "Attention window: 262,144 tokens: none in effect" in text and "Languages: 23: Arabic" in text
    assert "Attention window: 2,047 tokens [" in show.card("phi-3-mini-4k").text()
    assert "Pictures: one a conversation [" in show.card("phi-3-vision").text()


def test_every_figure_of_a_card_shows_its_source_under_the_pointer():
    view = show.card("phi-3.5-moe", "phi-4")
    assert view.html().count(' title="') == len(view.figures) and view.html().count("<section") == 2
    assert 'aria-label="Phi-3.5-MoE"' in view.html()


def test_every_model_has_a_card():
    for id in facts.models():
        view = show.card(id)
        assert facts.model(id).name in view.text() and "<section" in view.html()


def test_a_table_has_a_row_a_model():
    view = show.table(["phi-2", "phi-3.5-mini"], ["licence", "azure_status"])
    assert view.html().count("<tr") == 3 and 'scope="row"' in view.html()
    assert "Phi-3.5-mini: Licence MIT [2]; On Azure retired on 2025-08-30 [3]" in view.text()
    assert "Phi-2: Licence MIT [1]; On Azure not known here" in view.text()


# --- parts, and sources of other plots


def test_a_stack_adds_up_and_does_not_depend_on_colour():
    view = show.stack({"stored": {"shared": 1.5, "experts": [2.5] * 16}, "at work": {"experts": [2.5] * 2}}, "B")
    assert "stored: 41.5 B = shared 1.5 + experts 16 x 2.5" in view.text() and "at work: 5 B" in view.text()
    assert len(view.figure.axes[0].patches) == 1 + 16 + 2
    assert len(set(HATCHES)) == len(HATCHES) == len(COLOURS)
    with pytest.raises(CourseError, match="parts of each bar"):
        show.stack({})


def test_a_plot_gets_the_sources_of_what_it_was_worked_out_from():
    found = facts.figure("phi-4", "context")
    view = show.sourced(show.bars(["a"], [1.0]), [found])
    assert found.trace() in view.text() and "<summary>Sources</summary>" in view.html()
    for wrong in ([], ["phi-4"], [facts.figure("gpt-4", "parameters")]):
        with pytest.raises(CourseError):
            show.sourced(show.bars(["a"], [1.0]), wrong)


# --- the jobs of exercise 4


def test_any_choice_for_a_job_is_answered():
    for job in JOBS.values():
        fits = [
            (id, precision)
            for id in facts.models("phi")
            for precision in fit.ENGINES
            if not unfit((id, precision), job)
        ]
        assert fits, f"nothing fits the {job.name}"
        assert all(needs(*choice, job.context).needed <= job.memory for choice in fits)
        for strange in (None, 5, "phi-4", ("phi-4",), ("phi-4", 4), ("phi-9", "int4"), ["phi-4", "4 bits"]):
            assert unfit(strange, job).startswith(job.name)
    assert not unfit(("Phi-3.5-mini", "INT4"), JOBS["laptop"]), "a name as the charts spell it"
    assert not unfit(("phi-4-multimodal", "bf16"), JOBS["receipts"]), "it reads several pictures"
    assert "first the model" in unfit(("int4", "phi-4"), JOBS["laptop"])


def test_the_memory_of_a_mixture_of_experts_is_that_of_all_experts():
    """Memory follows all parameters, not the active ones, in every tool that a learner asks (6.6 B would fit)."""
    found = needs("phi-3.5-moe", "int4", 4096)
    assert found.weights > 41.8e9 / 2 and "All experts have to be in memory" in unfit(
        ("phi-3.5-moe", "int4"), JOBS["laptop"]
    )
    moe = next(question for question in quiz.questions if question.id == "02.moe")
    assert any("loads only" in choice.text and not choice.right for choice in moe.choices.values())
    prose = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert not re.search(r"only (?:loads|the active experts)|loads only", prose)


def test_a_method_says_how_it_was_asked_and_nothing_else():
    """Who measured stands in the source or in a note: a careful rule may compare methods."""
    scores = [row for entry in facts._data()["benchmarks"].values() for row in entry["scores"]]
    assert [row for row in scores if "measured" in row.get("method", "")] == []


def test_the_window_decides_on_the_phone():
    assert not unfit(("phi-3-mini-4k", "int4"), JOBS["phone"])
    assert "3.2 cache" in unfit(("phi-3.5-mini", "int4"), JOBS["phone"])


# --- what the prose of notebook 02 says


def test_the_same_weights_measured_twice_turn_the_order_round():
    own = facts.benchmark("MMLU", MINIS)
    again = facts.benchmark("MMLU", MINIS, "card-4-mini")
    assert next(iter(own)) == "phi-3.5-mini" and next(iter(again)) == "phi-4-mini"
    twice = [
        facts.benchmark("GSM8K", MINIS[:1], source)["phi-3.5-mini"].value for source in ("card-3.5-mini", "card-4-mini")
    ]
    assert twice == [86.2, 76.9]


def test_the_averages_contradict_the_tests():
    average, mmlu = facts.benchmark("Average of the card"), facts.benchmark("MMLU")
    assert average["phi-3-small-8k"].value > average["phi-3.5-moe"].value
    assert mmlu["phi-3-small-8k"].value < mmlu["phi-3.5-moe"].value


def test_phi_loses_where_the_prose_says_so():
    both = ["phi-3-mini-4k", "mistral-7b-v0.1"]
    lead = {
        name: next(iter(facts.benchmark(name, both, "report-3"))) for name in ("MMLU", "GSM8K", "HumanEval", "TriviaQA")
    }
    assert [name for name, id in lead.items() if id == both[1]] == ["TriviaQA"]
    four = ["phi-3.5-moe", "mistral-nemo-12b", "llama-3.1-8b", "gemma-2-9b"]
    tests = ("MMLU", "GPQA", "MATH", "MGSM", "HumanEval")
    assert [t for t in tests if next(iter(facts.benchmark(t, four, "azure-3.5-moe"))) != four[0]] == ["MGSM"]
    pair = [four[0], "gpt-4o-mini"]
    assert [t for t in tests if next(iter(facts.benchmark(t, pair, "azure-3.5-moe"))) == four[0]] == ["MMLU"]
    blink, video = (
        facts.benchmark(name, ["phi-3.5-vision", "claude-3.5-sonnet", "gemini-1.5-flash"], "report-3")
        for name in ("BLINK", "Video-MME")
    )
    assert list(blink) == ["phi-3.5-vision", "claude-3.5-sonnet", "gemini-1.5-flash"]
    assert list(video) == ["gemini-1.5-flash", "claude-3.5-sonnet", "phi-3.5-vision"]


def test_no_hand_of_longrope_leaves_known_ground():
    """The slow pairs of rotary positions move less in 131,072 tokens with the factors than in 4,096 without."""
    periods = [2 * math.pi * 10_000 ** (2 * i / 96) for i in range(48)]
    for key, first, last in (("rope_long_factors", 1.08, 64.84), ("rope_short_factors", 1.0, 2.84)):
        factors = [float(text) for text in facts.figure("phi-3.5-mini", key).value]
        assert len(factors) == 48 and factors == sorted(factors) and (factors[0], factors[-1]) == (first, last)
    long = [float(text) for text in facts.figure("phi-3.5-mini", "rope_long_factors").value]
    slow = [i for i in range(48) if periods[i] > 4096]
    assert len(slow) == 14
    assert all(131_072 / (periods[i] * long[i]) < 4096 / periods[i] for i in slow)


def test_transformers_turns_the_hands_as_the_notebook_does():
    modeling_rope_utils = pytest.importorskip("transformers.modeling_rope_utils")
    long = [float(text) for text in facts.figure("phi-3.5-mini", "rope_long_factors").value]
    settings = arithmetic.config("phi-3.5-mini")
    settings.rope_parameters = {
        "rope_type": "longrope",
        "rope_theta": 10_000.0,
        "long_factor": long,
        "short_factor": long,
        "original_max_position_embeddings": 4096,
    }
    theirs, attention = modeling_rope_utils.ROPE_INIT_FUNCTIONS["longrope"](settings, "cpu", seq_len=131_072)
    ours = [long[i] * 10_000 ** (2 * i / 96) for i in range(48)]
    assert (1 / theirs).tolist() == pytest.approx(ours, rel=1e-5)
    assert attention == pytest.approx(math.sqrt(1 + math.log(32) / math.log(4096)))


def test_finnish_earns_less_than_half_of_english():
    finnish, english = (facts.benchmark(f"Multilingual MMLU-Pro, {name}") for name in ("Finnish", "English"))
    assert finnish["phi-3.5-mini"].value < english["phi-3.5-mini"].value / 2
    for id in ("mistral-nemo-12b", "gemma-2-9b", "gpt-4o-mini"):
        assert finnish[id].value > 0.75 * english[id].value
    assert finnish["llama-3.1-8b"].value < 10


def test_the_ruler_breaks_in_the_last_doubling():
    points = [facts.benchmark(f"RULER {k}K", ["phi-3.5-mini"])["phi-3.5-mini"].value for k in (4, 64, 128)]
    assert points == [94.3, 78.0, 63.6]
