"""The number of threads follows the work, and threads that wait do not take the time of other programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from course_utils import ROOT, load
from course_utils.models.onnx_model import parameters
from course_utils.pico import MODELS, folder
from course_utils.pico.export import onnx_folder
from course_utils.setup import machine, threads


def python(code: str, **environment: str) -> dict:
    """What a fresh Python prints as JSON; nothing about threads is in its environment but what is said here."""
    names = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "MKL_NUM_THREADS")
    env = {name: value for name, value in os.environ.items() if name not in names}
    env |= {"PYTHONPATH": str(ROOT)} | environment
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def busy():
    """Programs that keep every core busy for as long as the test runs."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(machine.cores())]
    yield
    for other in others:
        other.kill()
        other.wait()


def test_small_models_get_one_thread_and_larger_ones_all_cores():
    assert threads.for_params(2_000_000) == 1
    assert threads.for_params(135_000_000) == machine.cores()
    for name in MODELS:
        exact = 2_162_000 if name == "pico-mini" else 6_689_000
        assert parameters(onnx_folder(name, progress=False)) == pytest.approx(exact, rel=0.25)


def test_waiting_threads_sleep_before_pytorch_is_imported():
    code = (
        "import json, os, sys, course_utils; print(json.dumps([os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules]))"
    )
    assert python(code) == ["PASSIVE", False]
    assert python(code, OMP_WAIT_POLICY="ACTIVE") == ["ACTIVE", False]  # who has chosen keeps the choice


def test_each_model_is_answered_with_its_own_threads_and_a_choice_by_hand_stays():
    code = """
import json
from course_utils import load
from course_utils.setup import threads
small = load("pico-mini", runtime="transformers")
import torch
seen = [torch.get_num_threads()]
for work in (50_000_000, 2_000_000, 50_000_000):
    threads.use_for(work)
    seen.append(torch.get_num_threads())
small.chat("hello")
seen.append(torch.get_num_threads())
torch.set_num_threads(3)
small.chat("hello")
print(json.dumps([*seen, torch.get_num_threads()]))
"""
    many = machine.cores()
    assert python(code, OMP_NUM_THREADS=str(many)) == [1, many, 1, many, 1, 3]
    assert python(code, OMP_NUM_THREADS="1") == [1, 1, 1, 1, 1, 3]


WORK = """
import json, time
import course_utils
import torch
import transformers
from course_utils.setup import threads
sizes = dict(hidden_size=512, num_hidden_layers=4, intermediate_size=1408, num_attention_heads=8, vocab_size=16000)
model = transformers.Phi3ForCausalLM(transformers.Phi3Config(**sizes, pad_token_id=0, eos_token_id=0)).eval()
ids = torch.ones(1, 8, dtype=torch.long)

def seconds():
    began = time.process_time()
    with torch.inference_mode():
        for _ in range(6):
            model(ids)
    return time.process_time() - began

chosen = threads.use_for(model.num_parameters())
found = {}
for count in (chosen, 1, chosen, 1):
    torch.set_num_threads(count)
    seconds()
    found[count] = min(found.get(count, 9e9), seconds())
print(json.dumps({"threads": chosen, "times": found[chosen] / found[1]}))
"""


def test_beside_busy_programs_threads_do_not_burn_time_in_waiting(busy):
    """Processor seconds, which a busy machine does not change: all cores take little more of them than one thread."""
    result = python(WORK)
    assert result["threads"] == machine.cores()
    assert result["times"] < 2.0


def test_beside_busy_programs_onnx_does_not_either(busy):
    """An answer of pico-mini takes about the processor seconds that one thread takes, whatever else runs."""
    code = """
import json, time
from course_utils.models.onnx_model import OnnxModel, configuration, genai
from course_utils.pico.export import onnx_folder
path = onnx_folder("pico-mini", progress=False)
model = OnnxModel(path)

def seconds():
    began = time.process_time()
    model.chat("Tell me a story about a red fox in the forest.")
    return time.process_time() - began

seconds()
chosen = min(seconds() for _ in range(3))
model.model = genai().Model(configuration(path, 1))
seconds()
print(json.dumps(chosen / min(seconds() for _ in range(3))))
"""
    assert python(code) < 1.5


def test_the_models_of_the_course_are_small_enough_for_one_thread():
    assert load("pico-mini", runtime="transformers").parameters < threads.SMALL
    assert all((folder(name) / "model.safetensors").stat().st_size < 2 * threads.SMALL for name in MODELS)
