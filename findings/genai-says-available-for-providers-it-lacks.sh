#!/usr/bin/env bash
# ONNX Runtime GenAI 0.18.0, the CPU wheel: is_qnn_available(), is_openvino_available() and is_webgpu_available() return
# True, but a model with one of these providers does not load: "... execution provider is not supported in this build".
# So they tell neither what the machine has (a Snapdragon, an Intel NPU) nor what the installation can do;
# is_cuda_available() does.
# Seen on x86-64 Linux without a GPU: QNN, OpenVINO, WebGPU True, and all three refused; CUDA False, and refused.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet onnxruntime-genai==0.18.0 onnxruntime==1.32.0 onnx==1.23.2
cd "$folder"
env/bin/python - <<'PY'
import json
import os
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime_genai as og

# The smallest language model: each token decides the next one.
nodes = [helper.make_node("Gather", ["table", "input_ids"], ["logits"])]
nodes += [helper.make_node("Concat", ["past_key_values.0." + kv, "new"], ["present.0." + kv], axis=2) for kv in ("key", "value")]
nodes += [helper.make_node("Slice", ["logits", "zero", "eight", "two"], ["part"])]
nodes += [helper.make_node("Unsqueeze", ["part", "one"], ["new"])]
values = {"table": np.random.default_rng(0).normal(size=(32, 32)).astype(np.float32)}
values |= {name: np.array([n], dtype=np.int64) for name, n in {"zero": 0, "one": 1, "two": 2, "eight": 8}.items()}
ids = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])]
past = [helper.make_tensor_value_info("past_key_values.0." + kv, TensorProto.FLOAT, ["batch", 1, "past", 8]) for kv in ("key", "value")]
out = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", 32])]
out += [helper.make_tensor_value_info("present.0." + kv, TensorProto.FLOAT, ["batch", 1, "total", 8]) for kv in ("key", "value")]
weights = [numpy_helper.from_array(value, name) for name, value in values.items()]
graph = helper.make_graph(nodes, "model", ids + past, out, weights)
save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), "model.onnx")
inputs = {"input_ids": "input_ids", "past_key_names": "past_key_values.%d.key", "past_value_names": "past_key_values.%d.value"}
outputs = {"logits": "logits", "present_key_names": "present.%d.key", "present_value_names": "present.%d.value"}
decoder = {"filename": "model.onnx", "inputs": inputs, "outputs": outputs, "hidden_size": 8, "head_size": 8}
decoder |= {"num_attention_heads": 1, "num_key_value_heads": 1, "num_hidden_layers": 1}
model = {"type": "llama", "vocab_size": 32, "context_length": 64, "eos_token_id": 31, "pad_token_id": 31, "decoder": decoder}
Path("genai_config.json").write_text(json.dumps({"model": model, "search": {"max_length": 16}}))

og.Model(".")
print("CPU: loads")
seen = {}
for provider in ("QNN", "OpenVINO", "WebGPU", "cuda"):
    config = og.Config(".")
    config.clear_providers()
    config.append_provider(provider)
    try:
        og.Model(config)
        loads = "loads"
    except RuntimeError as error:
        loads = str(error).strip()
    seen[provider] = (getattr(og, f"is_{provider.lower()}_available")(), loads)
    print(f"{provider}: available {seen[provider][0]}; {loads[:110]}")
for provider in ("QNN", "OpenVINO", "WebGPU"):
    available, loads = seen[provider]
    assert available and "not supported in this build" in loads, "the behaviour has changed"
PY
