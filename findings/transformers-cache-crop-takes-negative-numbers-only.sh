#!/usr/bin/env bash
# Transformers 5.23.0: DynamicCache.crop(n) does not keep the first n positions, as its name says to many and as older
# versions did: a positive number raises ValueError. crop(-n) removes the last n.
# Seen with 5 positions: crop(3) raises, crop(-2) leaves 3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0
cd "$folder"
env/bin/python - <<'PY'
import torch
from transformers import DynamicCache

results = []
for n in (3, -2):
    cache = DynamicCache()
    cache.update(torch.zeros(1, 1, 5, 4), torch.zeros(1, 1, 5, 4), 0)
    try:
        cache.crop(n)
        results.append(cache.get_seq_length())
    except ValueError as error:
        results.append(f"ValueError: {error}")
    print(f"crop({n}): {results[-1]}")
assert str(results[0]).startswith("ValueError") and results[1] == 3, "the behaviour has changed"
PY
