"""The facts file: every figure that is shown has a source and a date, and what is not known is not shown."""

import json
import re
import subprocess
import sys

import pytest
from transformers import AutoTokenizer

from course_utils import ROOT, CourseError
from course_utils.models import smollm2
from course_utils.phi import facts
from course_utils.phi.catalog import MODELS

DATA = json.loads(facts.FAMILY.read_text(encoding="utf-8"))
IDS = facts.models()
SHOWN = [figure for id in IDS for figure in facts.model(id).figures.values()]
SCORES = [figure for name in DATA["benchmarks"] for figure in facts.benchmark(name).values()]
DATE = r"\d{4}(-\d{2}(-\d{2})?)?"
UNITS = {"", "%", "GPUs", "bytes", "date", "days", "dimensions", "experts", "heads", "hours", "layers", "ms", "of 10"}
UNITS |= {"parameters", "tokens", "tokens/s", "years"}


def test_every_figure_that_is_shown_has_a_source_and_a_date():
    assert len(SHOWN) > 400 and len(SCORES) > 300
    for figure in SHOWN + SCORES:
        assert figure.source.title and re.fullmatch(DATE, figure.date), figure
        assert figure.source.url in figure.trace() and figure.source.url.startswith("https://"), figure
        assert figure.confirmed in DATA["confirmed"], figure
        assert figure.source.title in figure.trace() and figure.date in figure.trace()
        assert figure.unit in UNITS, figure


def test_sources_are_whole():
    for source in facts.sources().values():
        assert source.title and source.copy in {"publisher", "third party", "quoted"}, source
        assert source.url.startswith("https://"), source
        assert re.fullmatch(DATE, source.read), source
        assert not source.date or re.fullmatch(DATE, source.date), source


def test_every_source_is_used_and_every_key_has_a_source():
    """A figure that nobody has read at its source does not come into the file."""
    figures = [figure for entry in DATA["models"].values() for figure in entry["figures"].values()]
    figures += [row for entry in DATA["benchmarks"].values() for row in entry["scores"]]
    assert {figure["confirmed"] for figure in figures} == set(DATA["confirmed"])
    assert {figure["source"] for figure in [*figures, *facts.configs().values()]} == set(facts.sources())


def test_dates_and_units_are_what_they_say():
    for figure in SHOWN:
        if figure.unit == "date":
            assert re.fullmatch(DATE, figure.value), figure
        elif figure.unit:
            assert isinstance(figure.value, int | float) and figure.value > 0, figure


def test_a_rumour_says_so_in_its_own_text():
    rumours = [figure for figure in SHOWN if figure.confirmed == "rumour"]
    assert {figure.model for figure in rumours} >= {"gpt-4", "gpt-3.5-turbo"}
    assert all(str(figure).startswith("RUMOUR: ") and "RUMOUR" in figure.trace() for figure in rumours)


def test_every_score_says_how_it_was_measured():
    for figure in SCORES:
        assert figure.method and isinstance(figure.value, float | int), figure
        assert 0 <= figure.value <= (10 if figure.unit == "of 10" else 100), figure
    assert all(facts.about(name) for name in DATA["benchmarks"])


@pytest.mark.parametrize(
    ("id", "key", "text"),
    [
        ("phi-3.5-mini", "parameters", "3.82 B parameters"),
        ("phi-3.5-mini", "training_tokens", "3.4 T tokens"),
        ("phi-3-mini-4k", "training_tokens", "3.3 T tokens"),
        ("phi-3-mini-4k-june", "training_tokens", "4.9 T tokens"),
        ("phi-3.5-moe", "active_parameters", "6.64 B parameters"),
        ("phi-3-medium-4k", "window", "2,047 tokens"),
        ("phi-3-mini-4k", "size_int4_cpu", "2.72 GB"),
        ("gpt-4", "parameters", "RUMOUR: 1.76 T parameters"),
        ("smollm2-135m", "parameters", "134.52 M parameters"),
        ("smollm2-135m", "training_tokens", "2 T tokens"),
        ("smollm2-135m", "context", "8,192 tokens"),
        ("smollm2-135m", "licence", "Apache 2.0"),
    ],
)
def test_figures_in_words(id, key, text):
    assert str(facts.figure(id, key)) == text


def test_smollm2_is_what_the_set_up_fetches():
    """The facts, the set-up's record of the package, and the sampling that `load` takes from it say the same."""
    package = json.loads((ROOT / "course_utils/setup/smollm2.json").read_text(encoding="utf-8"))
    figures = facts.model("smollm2-135m").figures
    assert (
        figures["size_gguf_q4"].value == package["gguf"]["size"]
        and package["version"] in figures["size_gguf_q4"].trace()
    )
    assert {name: figures[name].value for name in package["sampling"]} == package["sampling"]
    assert figures["licence"].value == package["licence"].replace("-", " ")
    assert "four-bit weights written out" in figures["size_gguf_q4"].note  # what "fp32" means here
    shape = {
        "layers": 30,
        "hidden_size": 576,
        "heads": 9,
        "kv_heads": 3,
        "intermediate_size": 1536,
        "vocabulary": 49152,
    }
    assert {name: figures[name].value for name in shape} == shape
    assert "smollm2-135m" in facts.models("contrast") and "smollm2-135m" not in facts.models("phi")
    assert facts.benchmark("IFEval")["smollm2-135m"].value == 29.9
    assert "smollm2-135m" not in facts.benchmark("MMLU"), "its card has another form of it: MMLU, cloze"


def test_smollm2_has_the_chat_template_of_its_file():
    try:
        folder = smollm2.folder()
    except smollm2.NotFetched as error:
        pytest.skip(str(error))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    asked = [{"role": "user", "content": "…"}]
    made = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    assert made == facts.figure("smollm2-135m", "chat_template").value


def test_the_23_languages():
    languages = facts.figure("phi-3.5-mini", "languages").value
    assert len(languages) == 23 and "Finnish" in languages
    assert facts.figure("phi-3-mini-4k", "languages").value == ("English",)


def test_one_model_can_have_two_numbers():
    assert facts.benchmark("MMLU", ["phi-3.5-mini"])["phi-3.5-mini"].value == 69.0
    again = facts.benchmark("MMLU", source="card-4-mini")
    assert set(again) == {"phi-3.5-mini", "phi-4-mini"} and again["phi-3.5-mini"].value == 65.5


def test_the_cards_disagree_about_the_same_model():
    for source, value in {"azure-3-mini": 71.0, "azure-3-small": 69.1, "azure-3-medium": 67.0}.items():
        found = facts.benchmark("Languages other than English", ["gpt-3.5-turbo"], source)
        assert found["gpt-3.5-turbo"].value == value


def test_settings_are_figures_too():
    assert facts.figure("phi-3.5-moe", "experts").value == 16 and facts.figure("phi-4-mini", "kv_heads").value == 8
    assert facts.figure("phi-3-medium-4k", "window").source.title == "config.json of Phi-3-medium-4k-instruct"
    assert facts.figure("phi-4-reasoning", "layers").confirmed == "card"
    assert "window" not in facts.model("phi-4").figures


def test_the_catalogue_is_read_without_the_facts():
    """`load` reads the catalogue each time; the file of the facts is 40 times as long."""
    code = "import sys; from course_utils.phi.catalog import MODELS; print('course_utils.phi.facts' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split() == ["False"]


def test_a_checksum_is_pinned_where_one_is_known():
    for forms in MODELS.values():
        for form in forms.values():
            assert re.fullmatch("[0-9a-f]{40}", form.revision)
            assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in form.files if file.sha256)
            assert sum(file.size or 0 for file in form.files) <= form.size
    weights = [file for file in MODELS["phi-3.5-mini"]["onnx"].files if file.path.endswith((".onnx", ".data"))]
    assert len(weights) == 2 and all(file.sha256 and file.size for file in weights)


def test_the_catalogue_has_files_of_the_size_that_the_facts_tell():
    for name, forms in MODELS.items():
        number = facts.figure(name, "parameters").value
        weights = sum(file.size or 0 for file in forms["transformers"].files if "safetensors" in file.path)
        assert not weights or weights == pytest.approx(2 * number, rel=1e-4)


def test_models_come_in_order_of_release_and_by_family():
    phi = facts.models("phi")
    assert phi[0] == "phi-1" and "gpt-4" not in phi and "mistral-7b-v0.1" in facts.models("contrast")
    dates = [facts.model(id).released for id in phi]
    assert dates[:20] == sorted(dates[:20])
    assert set(facts.models("phi-3.5")) == {"phi-3.5-mini", "phi-3.5-moe", "phi-3.5-vision"}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: facts.figure("phi-3.5-mni", "context"), "Did you mean phi-3.5-mini"),
        (lambda: facts.figure("phi-4", "contxt"), "Did you mean context"),
        (lambda: facts.benchmark("MLU"), "Did you mean MMLU"),
        (lambda: facts.models("phi-9"), "No family"),
        (lambda: facts.benchmark("MMLU", ["phi-77"]), "No model"),
    ],
)
def test_unknown_names_get_the_known_ones(call, words):
    with pytest.raises(CourseError, match=words):
        call()
