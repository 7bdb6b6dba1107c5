#!/usr/bin/env bash
# Transformers 5.23.0: PhimoeConfig takes num_experts_per_tok, and the model's router ignores it: always two experts work
# on a token, and their two weights come from two separate softmaxes, so that they do not sum to 1 but to nearly 2.
# Seen for num_experts_per_tok 1, 2 and 4: two experts a token each time, the same logits, weights that sum to 1.94.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0
cd "$folder"
env/bin/python - <<'PY'
import torch
from transformers import PhimoeConfig, PhimoeForCausalLM
from transformers.utils import logging

logging.set_verbosity_error()
results = []
for experts in (1, 2, 4):
    torch.manual_seed(0)
    config = PhimoeConfig(
        vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, num_local_experts=8, num_experts_per_tok=experts, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )
    model = PhimoeForCausalLM(config).eval()
    used = []
    router = next(module for name, module in model.named_modules() if name.endswith(("router", "gate")))
    router.register_forward_hook(lambda module, given, out: used.append(out))
    with torch.inference_mode():
        logits = model(torch.arange(3, 11)[None]).logits
    tensors = [part for part in used[0] if isinstance(part, torch.Tensor)]
    chosen = next(part for part in tensors if not part.is_floating_point())
    weights = next(part for part in tensors if part.is_floating_point() and part.shape == chosen.shape)
    results.append((chosen.shape[-1], float(weights.sum(-1).mean()), logits))
    print(f"num_experts_per_tok={experts}: {chosen.shape[-1]} experts a token, weights sum to {weights.sum(-1).mean():.2f}")
assert all(count == 2 and torch.equal(logits, results[0][2]) for count, _, logits in results), "the behaviour has changed"
assert all(total > 1.01 for _, total, _ in results), "the behaviour has changed"
PY
