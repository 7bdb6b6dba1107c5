"""One checkpoint, five engines, one answer: where a rounding decides, two tokens are nearly alike. And the race.

An engine that is not installed is skipped here; tests/requirements.txt installs all that have a wheel for the system.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from functools import lru_cache

import psutil
import pytest
from test_gguf import ODD_TEXTS
from test_parity import PROMPTS, needs_smollm2

from course_utils import ROOT, CourseError, load
from course_utils.models import engines, race
from course_utils.models.chat import read_messages
from course_utils.show.engine_race import Race


def needs(name: str):
    return pytest.mark.skipif(not engines.installed(name), reason=engines.missing(name))


OTHERS = [pytest.param(name, marks=needs(name)) for name in engines.ENGINES if name != "onnx"]


@lru_cache
def prompts(model: str) -> list[list[int]]:
    """As token ids, by the engine that is opened anyway: test_parity holds that Transformers gives the same."""
    return [opened("onnx", model).engine.encode(read_messages(prompt)) for prompt in PROMPTS]


def gap(parting: engines.Parting) -> float:
    """How far apart the two best are where they part, in the engine that is surer; 0 where all are alike."""
    tops = filter(None, (parting.one, parting.other))
    return max((best[1] - second[1] for best, second in tops), default=0.0)


@lru_cache
def opened(name: str, model: str = "pico-mini", precision: str = "fp32") -> engines.Engine:
    """An engine that writes each answer once: ONNX Runtime GenAI's are compared with those of four others."""
    engine = engines.open_engine(name, model, precision)
    write = lru_cache(lambda ids, count: type(engine).write(engine, list(ids), count))
    engine.write = lambda ids, count: write(tuple(ids), count)
    return engine


@pytest.mark.parametrize("name", OTHERS)
def test_pico_gives_the_same_tokens_in_every_engine(name):
    assert len(prompts("pico-mini")) == 50
    found = engines.part(opened("onnx"), opened(name), prompts("pico-mini"), 48)
    assert [number for number, each in enumerate(found) if not each.same] == []
    (token, log), (same, likewise) = (opened(each).top(prompts("pico-mini")[0])[0] for each in ("onnx", name))
    assert token == same and log == pytest.approx(likewise, abs=0.01)


@needs("llama.cpp")
def test_llama_cpp_cuts_texts_into_the_same_tokens():
    address, tokenizer = opened("llama.cpp").engine.listening_address, load("pico-mini", "transformers").tokenizer
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for text in PROMPTS + ODD_TEXTS:
        body = json.dumps({"content": text, "parse_special": True}).encode()
        request = urllib.request.Request(f"{address}/tokenize", body, {"Content-Type": "application/json"})
        with direct.open(request, timeout=10) as answer:
            assert json.load(answer)["tokens"] == tokenizer(text)["input_ids"], text


@needs_smollm2
@pytest.mark.parametrize("name", OTHERS)
def test_smollm2_parts_only_where_two_tokens_are_nearly_alike(name):
    """llama.cpp computes with activations of eight bits, from the file of four bits that all others were made from."""
    precision, largest = ("int4", 1.0) if name == "llama.cpp" else ("fp32", 0.02)
    few, count = (prompts("smollm2")[::25], 6) if name == "mlx" else (prompts("smollm2")[::10], 12)  # slow on Linux
    found = engines.part(opened("onnx", "smollm2"), opened(name, "smollm2", precision), few, count)
    print(f"{name}: {sum(each.same for each in found)} of {len(found)} are the same", *found, sep="\n  ")
    for each in found:
        assert gap(each) <= largest and {token for token, _ in each.one} == {token for token, _ in each.other}


def test_a_planted_difference_is_found():
    class Wrong(engines.Onnx):
        def _tokens(self, ids, count, on):
            for place, token in enumerate(super()._tokens(ids, count, on)):
                yield 700 if place == 3 else token

    ids = [prompts("pico-mini")[0]]
    (found,) = engines.part(opened("onnx"), Wrong("onnx", "pico-mini", "fp32"), ids, 12)
    right = opened("onnx").write(ids[0], 12)
    assert not found.same and found.place == 3 and found.one[0][0] == right[3]
    assert gap(found) > 1 and len(found.other) == 2  # no rounding: both engines are sure
    (found,) = engines.part(opened("onnx"), opened("onnx", precision="int8"), ids, 12)
    assert found.same and gap(found) == 0 and found.place is None


def test_an_answer_that_ends_early_parts_there():
    class Short(engines.Onnx):
        def write(self, ids, count):
            return super().write(ids, count)[:2]

    (found,) = engines.part(opened("onnx"), Short("onnx", "pico-mini", "fp32"), [prompts("pico-mini")[0]], 12)
    assert found.place == 2


@needs("openvino")
def test_openvino_says_why_it_does_not_read_int4():
    with pytest.raises(CourseError, match="GatherBlockQuantized after Reshape"):
        engines.open_engine("openvino", "pico-mini", "int4")


@needs("openvino")
def test_openvino_reports_nothing_to_its_makers():
    code = "import sys; from course_utils.models import engines; engines.openvino(); "
    code += "print([name for name in sys.modules if name.startswith('openvino_telemetry') and sys.modules[name]])"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).strip() == "[]"


def test_what_is_not_there_is_said_in_one_line(monkeypatch):
    for name, row in engines.ENGINES.items():
        assert row["requirement"] in engines.missing(name) and "\n" not in engines.missing(name)
    with pytest.raises(CourseError, match="no engine 'vllm'"):
        engines.open_engine("vllm")
    with pytest.raises(CourseError, match="no 'int3'"):
        engines.open_engine("onnx", precision="int3")
    monkeypatch.setitem(engines.ENGINES, "mlx", {"package": "not_here_at_all", "requirement": "mlx-lm==1"})
    with pytest.raises(CourseError, match='pip install "mlx-lm==1"'):
        engines.open_engine("mlx")


def test_the_pins_are_those_of_the_tests():
    wanted = (ROOT / "tests/requirements.txt").read_text(encoding="utf-8")
    for name in ("llama.cpp", "mlx", "openvino"):
        package, version = re.fullmatch(r"([\w-]+)(?:\[cpu\])?==(\S+)", engines.ENGINES[name]["requirement"]).groups()
        pins = re.findall(rf"^{package}(?:\[cpu\])?==(\S+)", wanted, re.MULTILINE)
        assert pins and set(pins) == {version}, name


def test_what_one_token_reads():
    table, total = 2048 * 192, 2_164_416  # pico-mini's embedding, which is its head too, and all its parameters
    assert opened("onnx").read == opened("transformers").read == 4 * total
    assert opened("onnx", precision="int8").read < 1.2 * total  # its float32 embedding, of one row a token, left out
    assert opened("onnx", precision="int8").bytes > 4 * table + total


# -- the race ---------------------------------------------------------------------------------------


@lru_cache
def raced() -> list[dict]:
    return race.run("pico-mini", ["onnx", "openvino"], ["fp32", "int4"], rounds=2, tokens=8)


def test_a_row_says_what_was_measured():
    row = raced()[[(row["engine"], row["precision"]) for row in raced()].index(("onnx", "fp32"))]
    assert row["rounds"] == 2 and 0 < row["lowest"] <= row["rate"] <= row["highest"]
    assert row["read"] < row["disk"] < row["memory"] and row["threads"] == 1
    assert row["share"] == pytest.approx(row["rate"] * row["read"] / (row["bound"] * row["read"]))
    assert json.loads(json.dumps(raced())) == raced()
    assert not [child for child in psutil.Process().children() if "compete" in "".join(child.cmdline())]


def test_what_does_not_run_is_a_line_and_no_failure():
    told = race.table(raced())
    assert "pico-mini openvino int4: " in told or "openvino: openvino is not installed" in told
    view = Race(raced())
    (plot,) = view.plots()
    assert "onnx fp32" in plot.alt and "<img alt=" in view.html() and view.text() == told


def test_a_race_can_be_stopped_and_leaves_no_process():
    run = race.Race(lambda line: run.stop() if "warming" in line else None)
    assert all("error" in row for row in run.run(["pico-mini"], ["onnx"], ["fp32"]))
    assert not [child for child in psutil.Process().children() if "compete" in "".join(child.cmdline())]


def test_the_widget_shows_that_it_is_busy():
    view = Race()
    view.widget()
    assert not view.send.disabled and view.halt.disabled and "Nobody has raced" in view.text()
    view._say = lambda line: states.append((view.send.disabled, view.send.description))
    states = []
    view.begin()
    view.refresh()
    assert view.send.disabled and view.send.description == "Racing …" and not view.halt.disabled
    with pytest.raises(CourseError, match="still answering"):
        view.go()
    view.end()
    assert not view.send.disabled


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent in another way there")
def test_ctrl_c_ends_all_processes():
    command = [sys.executable, "-m", "tests.measure_race", "--models", "pico-mini", "--engines", "onnx"]
    code = f"import sys; sys.argv[1:] = {command[3:]}; from tests.measure_race import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--tokens", "100000"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    for line in process.stderr:
        if "warming up" in line:
            break
    children = psutil.Process(process.pid).children()
    assert children
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    for _ in range(50):
        if not any(child.is_running() for child in children):
            break
        time.sleep(0.1)
    assert not any(child.is_running() for child in children)
