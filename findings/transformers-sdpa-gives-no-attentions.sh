#!/usr/bin/env bash
# Transformers 5.23.0: a model runs with SDPA attention by default. output_attentions=True is then met by a warning in the
# log, not by an error, and `attentions` holds no matrix. With attn_implementation="eager" there is one a layer.
# Seen with two layers: sdpa 0 matrices, eager 2.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0
cd "$folder"
env/bin/python - <<'PY'
import torch
from transformers import Phi3Config, Phi3ForCausalLM
from transformers.utils import logging

logging.set_verbosity_error()
sizes = {"vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
config = Phi3Config(**sizes, num_key_value_heads=2, pad_token_id=0, bos_token_id=1, eos_token_id=2)
ids, counts = torch.arange(3, 11)[None], {}
for way in ("sdpa", "eager"):
    model = Phi3ForCausalLM(config).eval()
    model.set_attn_implementation(way)
    with torch.inference_mode():
        attentions = model(ids, output_attentions=True).attentions
    counts[way] = sum(matrix is not None for matrix in attentions or ())
    print(f"{way}: {counts[way]} matrices")
assert counts == {"sdpa": 0, "eager": 2}, "the behaviour has changed"
PY
