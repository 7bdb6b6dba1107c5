#!/usr/bin/env bash
# Transformers 5.23.0: with sliding_window=1 generate() writes other tokens with the cache than without it. The layer of
# the cache is to keep the last sliding_window - 1 positions, and keeps all of them when that is 0. Windows of 2 and more
# agree.
# Seen with 10 small Mistral models of random weights: window of 1, 10 of 10 differ, and 19 positions are kept after 19
# tokens; windows of 2 and 3, none differs, and 1 and 2 positions are kept.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0
cd "$folder"
env/bin/python - <<'PY'
import torch
from transformers import DynamicCache, MistralConfig, MistralForCausalLM

sizes = {"vocab_size": 50, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
sizes |= {"num_attention_heads": 4, "num_key_value_heads": 2, "initializer_range": 0.5}
tokens = {"bos_token_id": 1, "eos_token_id": None, "pad_token_id": 0}
seen = {}
for window in (1, 2, 3):
    differ, kept = 0, set()
    for seed in range(10):
        torch.manual_seed(seed)
        config = MistralConfig(**sizes, **tokens, sliding_window=window)
        model, prompt = MistralForCausalLM(config).eval(), torch.randint(2, 50, (1, 8))
        how = {"max_new_tokens": 12, "do_sample": False}
        cache = DynamicCache(config=config)
        with_cache = model.generate(prompt, past_key_values=cache, **how)
        without = model.generate(prompt, use_cache=False, **how)
        differ += not torch.equal(with_cache, without)
        kept.add(cache.layers[0].keys.shape[-2])
    seen[window] = (differ, kept)
    print(f"window of {window}: {differ} of 10 differ, positions in the cache after 19 tokens: {kept}")
assert seen == {1: (10, {19}), 2: (0, {1}), 3: (0, {2})}, "the behaviour has changed"
PY
