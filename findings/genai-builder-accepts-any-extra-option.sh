#!/usr/bin/env bash
# ONNX Runtime GenAI 0.18.0, model builder: an option in --extra_options that it does not know is accepted and changes
# nothing. The options that were called int4_block_size and int4_accuracy_level are called block_size and accuracy_level
# now, so that an older command builds another model than it says, without a word.
# Seen: the same int4 file for no option, int4_block_size=16 and no_such_option=1; another one for block_size=16.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet onnxruntime-genai==0.18.0 onnx==1.23.2 onnx-ir==1.1.0 onnxruntime==1.32.0 torch==2.13.0 transformers==5.23.0
cd "$folder"
env/bin/python - <<'PY'
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, models
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
torch.manual_seed(0)
sizes = {"vocab_size": 64, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 2}
LlamaForCausalLM(LlamaConfig(**sizes, num_key_value_heads=2)).save_pretrained("model")
words = Tokenizer(models.WordLevel({f"w{i}": i for i in range(64)}, unk_token="w0"))
PreTrainedTokenizerFast(tokenizer_object=words, unk_token="w0", eos_token="w2").save_pretrained("model")
files = {}
for option in ("", "int4_block_size=16", "no_such_option=1", "block_size=16"):
    out = Path("built", option or "none")
    command = [sys.executable, "-m", "onnxruntime_genai.models.builder", "-i", "model", "-o", str(out), "-p", "int4"]
    command += ["-e", "cpu", "-c", "cache", *(["--extra_options", option] if option else [])]
    subprocess.run(command, check=True, capture_output=True)
    content = b"".join(file.read_bytes() for file in sorted(out.glob("model.onnx*")))
    files[option] = hashlib.sha256(content).hexdigest()[:12]
    print(f"{option or 'no option'}: {files[option]}, {len(content)} bytes")
plain, old, invented, new = files.values()
assert plain == old == invented != new, "the behaviour has changed"
PY
