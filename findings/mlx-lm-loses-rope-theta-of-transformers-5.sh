#!/usr/bin/env bash
# mlx-lm 0.32.2: a Llama model saved by Transformers 5 is computed with rope_theta 10,000, whatever its own is, without a
# word. Transformers 5 writes rope_theta into "rope_parameters" of config.json; mlx-lm looks for it beside the other
# values, does not find it, and takes its default. The line "rope_theta" added to config.json by hand cures it.
# Seen with a small model of random weights and 64 tokens: with rope_theta 10,000 the logits are those of Transformers
# within 0.0001; with 500,000 they differ by 13.9, and the best token is another one in 51 of 64 places; with the added
# line they agree again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet "mlx-lm[cpu]==0.32.2" mlx==0.32.4 torch==2.13.0 transformers==5.23.0
cd "$folder"
env/bin/python - <<'PY'
import json
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import mlx.core as mx
import numpy as np
import torch
from mlx_lm.utils import load_model
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.utils import logging

logging.disable_progress_bar()
sizes = {"vocab_size": 100, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2}
sizes |= {"num_attention_heads": 4, "num_key_value_heads": 2, "initializer_range": 0.3}
tokens = np.random.default_rng(0).integers(0, 100, size=(1, 64))


def compare(name):
    reference = LlamaForCausalLM.from_pretrained(name, dtype=torch.float32).eval()
    with torch.no_grad():
        expected = reference(torch.tensor(tokens)).logits.numpy()
    model, _ = load_model(Path(name))
    got = np.array(model(mx.array(tokens)))
    difference, others = float(abs(got - expected).max()), int((got.argmax(-1) != expected.argmax(-1)).sum())
    print(f"{name}: logits differ by {difference:.4f}, another best token in {others} of 64 places; mlx-lm took {model.args.rope_theta}")
    return difference, others


seen = {}
for theta in (10_000, 500_000):
    torch.manual_seed(0)
    config = LlamaConfig(**sizes, rope_parameters={"rope_type": "default", "rope_theta": float(theta)})
    LlamaForCausalLM(config).save_pretrained(f"theta-{theta}")
    seen[theta] = compare(f"theta-{theta}")
file = Path("theta-500000", "config.json")
saved = json.loads(file.read_text())
print("config.json:", {key: value for key, value in saved.items() if "rope" in key})
assert "rope_theta" not in saved, "the behaviour has changed"
file.write_text(json.dumps(saved | {"rope_theta": 500_000.0}))
mended = compare("theta-500000")
assert seen[10_000][0] < 0.001 > mended[0] and seen[500_000][0] > 0.1 and seen[500_000][1] > 0, "the behaviour has changed"
PY
