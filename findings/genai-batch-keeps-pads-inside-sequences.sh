#!/usr/bin/env bash
# ONNX Runtime GenAI 0.18.0, CPU: prompts of different lengths go into a batch padded on the right. The shorter prompt is
# continued from its own last token, as it should be, but its sequence keeps the pads between prompt and answer: cutting
# get_sequence() at the length of the prompt gives pads, not the answer's first words.
# Seen (0 is the pad): prompts 1 2 3 and 5 0 0 give 1 2 3 4 5 6 and 5 0 0 6 7 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet onnxruntime-genai==0.18.0 onnx==1.23.2 numpy==2.4.6
cd "$folder"
env/bin/python - <<'PY'
import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import json
from pathlib import Path

import numpy as np
import onnxruntime_genai as og
from onnx import TensorProto, helper, numpy_helper, save


def language_model(logits, end=0):
    """A language model that is one table: the last token chooses the row with the logits of the next one."""
    value, kinds = helper.make_tensor_value_info, ("key", "value")
    zero = helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0])
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["logits"]),
        helper.make_node("Shape", ["input_ids"], ["batch"], start=0, end=1),
        helper.make_node("Shape", ["input_ids"], ["length"], start=1, end=2),
        helper.make_node("Concat", ["batch", "one", "length", "one"], ["shape"], axis=0),
        helper.make_node("ConstantOfShape", ["shape"], ["new"], value=zero),
    ]
    ids = [value(name, TensorProto.INT64, ["batch", size]) for name, size in (("input_ids", "n"), ("attention_mask", "all"))]
    past = [value(f"past_key_values.0.{kind}", TensorProto.FLOAT, ["batch", 1, "past", 1]) for kind in kinds]
    present = [value(f"present.0.{kind}", TensorProto.FLOAT, ["batch", 1, "all", 1]) for kind in kinds]
    for kind in kinds:
        nodes.append(helper.make_node("Concat", [f"past_key_values.0.{kind}", "new"], [f"present.0.{kind}"], axis=2))
    weights = [numpy_helper.from_array(logits.astype(np.float32), "table"), numpy_helper.from_array(np.array([1]), "one")]
    output = value("logits", TensorProto.FLOAT, ["batch", "n", len(logits)])
    graph = helper.make_graph(nodes, "table", ids + past, [output, *present], weights)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), "model.onnx")
    sizes = dict.fromkeys(("head_size", "hidden_size", "num_attention_heads", "num_hidden_layers", "num_key_value_heads"), 1)
    names = {f"past_{kind}_names": f"past_key_values.%d.{kind}" for kind in kinds}
    made = {f"present_{kind}_names": f"present.%d.{kind}" for kind in kinds}
    decoder = {"filename": "model.onnx", **sizes, "inputs": {"input_ids": "input_ids", **names}}
    decoder |= {"outputs": {"logits": "logits", **made}}
    decoder["inputs"]["attention_mask"] = "attention_mask"
    config = {"type": "llama", "bos_token_id": 1, "eos_token_id": end, "pad_token_id": end, "context_length": 64}
    config |= {"vocab_size": len(logits), "decoder": decoder}
    Path("genai_config.json").write_text(json.dumps({"model": config, "search": {"max_length": 64}}), encoding="utf-8")
    return og.Model(".")


def chain(vocabulary, steps):
    """Logits with which each token is followed by the one that `steps` names for it."""
    logits = np.full((vocabulary, vocabulary), -9.0)
    for before, after in steps.items():
        logits[before, after] = 9.0
    return logits


steps = {1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7, 7: 1}
model = language_model(chain(8, steps))
params = og.GeneratorParams(model)
params.set_search_options(max_length=6, do_sample=False, batch_size=2)
generator = og.Generator(model, params)
generator.append_tokens(np.array([[1, 2, 3], [5, 0, 0]], dtype=np.int32))
while not generator.is_done():
    generator.generate_next_token()
first, second = (generator.get_sequence(i).tolist() for i in range(2))
print(f"{first} and {second}")
assert (first, second) == ([1, 2, 3, 4, 5, 6], [5, 0, 0, 6, 7, 1]), "the behaviour has changed"
PY
