"""Which Phi fits this machine: the measurement, the arithmetic of the prediction, and the check against real models."""

import json
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from course_utils import ROOT, CourseError, show
from course_utils.models import fit_check, smollm2
from course_utils.phi import fit
from course_utils.phi import speed as probes
from course_utils.phi.arithmetic import count, entries
from course_utils.phi.speed import Speed, measure
from course_utils.setup import machine
from course_utils.setup.machine import GB, Memory
from tests import measure_fit

PROGRAM = "import sys; from tests.measure_fit import main; sys.exit(main(sys.argv[1:]))"
SPEED = Speed(
    cores=2,
    memory=Memory(total=8 * GB, available=6 * GB, container_limit=None),
    read={"int4": 35e9, "int8": 42e9, "bf16": 28e9, "fp32": 52e9},
    compute={"int4": 480e9, "int8": 520e9, "bf16": 820e9, "fp32": 410e9},
    operator=7e-7,
)


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still: only `step` moves it."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr("course_utils.phi.speed.time.perf_counter", lambda: now.seconds)
    return now


def test_a_probe_counts_the_shortest_call_and_listens_longer_to_a_busy_computer(clock):
    def calls(lasting):
        """How often a call is made, and which time counts, where the calls last as long as told."""
        made = []

        def run(rows):
            made.append(lasting[len(made) % len(lasting)])
            clock.seconds += made[-1]

        return probes._seconds(run, 1), len(made)

    assert calls([0.1]) == (pytest.approx(0.1), 4)  # at least four
    assert calls([2.0]) == (pytest.approx(2.0), 1)  # but a slow one only once
    shortest, made = calls([0.1, 0.2, 0.2])
    assert shortest == pytest.approx(0.1) and made > 4


@pytest.mark.parametrize("precision", probes.BYTES)
def test_a_probe_reads_as_many_bytes_as_it_says_and_computes(precision):
    run, size = probes._torch_probe() if precision == "bf16" else probes._onnx_probe(precision)
    assert 0.9 * probes.PROBE < size <= probes.PROBE
    weights = size / probes.BYTES[precision]
    assert weights % probes.WIDTH**2 == 0  # whole matrices, with their scales
    run(1)
    run(3)


def test_the_measurement_of_this_computer(record_property):
    speed = measure()
    assert set(speed.read) == set(speed.compute) == set(fit.ENGINES)
    assert all(rate > 0 for rate in [*speed.read.values(), *speed.compute.values(), speed.operator])
    assert speed.cores == machine.cores() and "int4: reads" in str(speed)
    record_property("speed", str(speed))


def test_a_prediction_is_the_sum_of_its_parts():
    said = fit.predict("phi-3.5-mini", "int4", SPEED, prompt=128, context=2048)
    found, settings = count("phi-3.5-mini"), entries()["phi-3.5-mini"]["settings"]
    assert said.weights == pytest.approx(2.72e9, rel=0.02)  # the size of Microsoft's own file
    assert said.cache == 2 * 32 * 32 * 96 * 2048 * 4  # keys and values, layers, heads, head size, tokens, bytes
    assert said.needed == said.weights + said.cache + said.besides and said.free == 6 * GB
    in_use = found.total - found.embedding
    other = settings["num_hidden_layers"] * fit.OPERATORS_A_LAYER * SPEED.operator
    cached = 2 * 32 * 32 * 96 * (128 + 64) * 4
    one = in_use * 5 / 8 / 35e9 + cached / 52e9 + other
    assert said.tokens_per_second == pytest.approx(1 / one)
    first = (2 * in_use * 128 + 2 * 32 * 3072 * 128**2) / 480e9 + other
    assert said.seconds_to_first_token == pytest.approx(first, rel=1e-3)


def test_a_prediction_worked_out_by_hand():
    """Phi-3.5-mini in int4, with round figures: 10 GB and 100 billion operations a second, operators for nothing."""
    rates = dict.fromkeys(fit.ENGINES, 10e9)
    plain = replace(SPEED, read=rates, compute=dict.fromkeys(fit.ENGINES, 100e9), operator=0.0)
    said = fit.predict("phi-3.5-mini", "int4", plain, prompt=128, context=2048)
    # 3,722,578,944 weights beside the embedding, 5 bits each, and a cache of 768 KiB a token for 128 + 64 tokens
    assert said.tokens_per_second == pytest.approx(10e9 / (2_326_611_840 + 192 * 786_432))
    # 2 x 3,722,578,944 x 128 operations, and 2 x 32 layers x 3,072 x 128^2 for the attention
    assert said.seconds_to_first_token == pytest.approx((952_980_209_664 + 3_221_225_472) / 100e9)
    short = fit.predict("phi-3.5-mini", "int4", plain, prompt=1, context=2048)
    assert short.seconds_to_first_token == pytest.approx(0.2326611840)  # now it waits for memory
    wide = fit.predict("phi-3.5-mini", "fp32", replace(plain, memory=Memory(10**12, 10**12, None)))
    assert wide.tokens_per_second < said.tokens_per_second / 5.5  # 32 bits a weight instead of 5; the cache is the same


def test_what_does_not_fit_says_why():
    large = fit.predict("phi-3-medium-4k", "fp32", SPEED)
    assert not large.fits and large.tokens_per_second is None
    assert large.why == "too large: its weights alone take 55.8 GB, and 6.0 GB are free"
    long = fit.predict("phi-3.5-mini", "int4", SPEED, context=131072)
    assert not long.fits and "a shorter context needs less" in long.why
    roomy = replace(SPEED, memory=Memory(10**12, 10**12, None))
    assert fit.predict("phi-3-medium-4k", "fp32", roomy).fits
    mixture = fit.predict("phi-3.5-moe", "int4", roomy)
    assert not mixture.fits and "mixture of experts" in mixture.why
    assert fit.predict("phi-3.5-moe", "bf16", roomy).fits


def test_a_mixture_reads_its_active_experts_only():
    roomy = replace(SPEED, memory=Memory(10**12, 10**12, None))
    mixture, medium = (fit.predict(name, "bf16", roomy) for name in ("phi-3.5-moe", "phi-3-medium-4k"))
    assert mixture.weights > 2.9 * medium.weights
    assert mixture.tokens_per_second > 2 * medium.tokens_per_second


def test_more_is_never_faster_or_smaller():
    roomy = replace(SPEED, memory=Memory(10**12, 10**12, None))
    for precision in fit.ENGINES:
        said = [fit.predict("phi-3.5-mini", precision, roomy, prompt, 8192) for prompt in (16, 128, 1024, 4096)]
        assert [s.seconds_to_first_token for s in said] == sorted(s.seconds_to_first_token for s in said)
        assert [s.tokens_per_second for s in said] == sorted((s.tokens_per_second for s in said), reverse=True)
        caches = [fit.predict("phi-3.5-mini", precision, roomy, 16, context).cache for context in (512, 4096, 131072)]
        assert caches == sorted(caches) and caches[0] < caches[-1]
    sizes = [fit.predict("phi-3.5-mini", precision, roomy).weights for precision in ("int4", "int8", "bf16", "fp32")]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("phi-9", "int4"), "phi-9"),
        (("phi-4", "int3"), "take one of int4"),
        (("phi-4", "fp16"), "loads it as fp32"),
        (("phi-4", "int4", SPEED, 0), "at least one token"),
    ],
)
def test_wrong_words_are_named(arguments, words):
    with pytest.raises(CourseError, match=words):
        fit.predict(*(arguments if len(arguments) > 2 else (*arguments, SPEED)))


def test_the_table_has_each_phi_once_in_each_precision():
    rows = fit.table(SPEED)
    names = list(dict.fromkeys(row.model for row in rows))
    assert len(rows) == len(names) * len(fit.ENGINES) and len(names) >= 12
    assert {"phi-2", "phi-3-medium-4k", "phi-3.5-mini", "phi-3.5-moe", "phi-4", "phi-4-mini"} <= set(names)
    totals = [count(name).total for name in names]
    assert totals == sorted(totals)


def test_the_view_has_a_table_a_picture_and_controls():
    view = show.fit(SPEED)
    assert "phi-3.5-mini" in view.text() and "6.0 GB of memory free" in view.text()
    assert "data:image/svg+xml" in view.html() and "phi-3-medium-4k" in view.html()
    box = view.widget()
    precision, context = box.children[0].children
    before = box.children[1].value
    precision.value, context.value = "fp32", 131072
    assert view.precision == "fp32" and view.context == 131072 and box.children[1].value != before
    assert "fp32, room for 131,072 tokens" in view.text()


def test_the_command_builds_weighs_and_times_a_model(record_property):
    """The bytes have to be the predicted ones. The times are told, not judged: other programs may use the cores."""
    command = [sys.executable, "-c", PROGRAM, "--models", "58M", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=600)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    found = json.loads(done.stdout)
    assert found["topic"] == "fit" and found["within"] == 0.35
    assert [row["precision"] for row in found["rows"]] == ["int4", "fp32"]
    for row in found["rows"]:
        assert row["parameters"] == count(fit_check.shape("58M")).total
        assert row["bytes_measured"] == pytest.approx(row["bytes_predicted"], rel=0.02)
        assert row["first_measured"] > 0 and row["rate_measured"] > 0
    ratios = [row[key] for row in found["rows"] for key in ("first_ratio", "rate_ratio")]
    assert abs(found["worst"] - 1) == max(abs(ratio - 1) for ratio in ratios)
    assert found["reached"] == all(0.65 <= ratio <= 1.35 for ratio in ratios)
    record_property("measured by predicted", ratios)


def test_the_real_model_has_the_predicted_size():
    try:
        smollm2.form("int4")
    except smollm2.NotFetched as error:
        pytest.skip(str(error))
    [row] = fit_check.check("smollm2", SPEED, ["int4"])
    assert row.parameters == 134_515_008 and row.bytes_measured == pytest.approx(row.bytes_predicted, rel=0.05)
    assert row.first_ratio == row.first_measured / row.first_predicted > 0 and row.rate_measured > 0


def test_without_smollm2_the_command_measures_the_others(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_SMOLLM2", "0")
    monkeypatch.setattr(fit_check, "measure", lambda folder: (1.0, 10.0))
    monkeypatch.setattr(fit_check.probes, "measure", lambda precisions: SPEED)
    assert measure_fit.main(["--models", "smollm2", "58M", "--json"]) == 0
    printed = capsys.readouterr()
    assert {row["model"] for row in json.loads(printed.out)["rows"]} == {"58M"}
    assert "smollm2 is left out" in printed.err


@pytest.mark.parametrize(
    ("arguments", "words"), [(["--seconds", "5"], "unrecognized arguments"), (["--models", "1B"], "58M")]
)
def test_what_the_command_cannot_do_is_refused(arguments, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        measure_fit.main(arguments)
    assert stopped.value.code == 2 and words in capsys.readouterr().err


def test_an_unknown_model_is_named():
    with pytest.raises(CourseError, match="Known: 58M"):
        fit_check.check("59M", speed=SPEED)


def test_a_model_that_does_not_fit_is_not_built():
    with pytest.raises(CourseError, match="58M in int4: too large.*Close other programs"):
        fit_check.check("58M", speed=replace(SPEED, memory=Memory(8 * GB, GB // 100, None)))
