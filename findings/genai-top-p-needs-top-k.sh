#!/usr/bin/env bash
# ONNX Runtime GenAI 0.18.0, CPU: with top_k=0 ("no limit"), top_p=0.05 keeps to its nucleus in a vocabulary of 64 tokens,
# and in one of some hundred tokens lets far more through. With top_k set to the size of the vocabulary it is right.
# Seen, draws outside of the nucleus: 64 tokens 0 of 300; 256 tokens 171; 512 tokens 226; 512 tokens with top_k=512 0.
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


def outside(size, top_k):
    """How many of 300 draws lie outside of the smallest set of tokens that holds 5 % of the probability."""
    row = np.random.default_rng(0).normal(size=size) * 1.5
    model = language_model(np.tile(row, (size, 1)))
    probability = np.exp(row) / np.exp(row).sum()
    order = np.argsort(-probability)
    nucleus = set(order[: int((np.cumsum(probability[order]) < 0.05).sum()) + 1].tolist())
    count = 0
    for seed in range(300):
        params = og.GeneratorParams(model)
        params.set_search_options(max_length=2, do_sample=True, temperature=1.0, top_p=0.05, top_k=top_k, random_seed=seed)
        generator = og.Generator(model, params)
        generator.append_tokens(np.array([3], dtype=np.int32))
        generator.generate_next_token()
        count += int(generator.get_next_tokens()[0]) not in nucleus
    return count


results = [(size, top_k, outside(size, top_k)) for size, top_k in ((64, 0), (256, 0), (512, 0), (512, 512))]
for size, top_k, count in results:
    print(f"{size} tokens, top_k={top_k}: {count} of 300 draws outside of the nucleus")
small, middle, large, mended = (count for _, _, count in results)
assert small == 0 and mended == 0 and min(middle, large) > 100, "the behaviour has changed"
PY
