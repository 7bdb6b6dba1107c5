#!/usr/bin/env bash
# llama.cpp's server (xllamacpp 2026.10.11549): a request for no tokens is answered with one token. Its documentation says
# of n_predict: "When 0, no tokens will be generated but the prompt is evaluated into the cache". max_tokens=0, and
# max_completion_tokens=0 in a chat, do the same, so that 0 and 1 are one and the same request.
# Seen with a small model of random weights: limits 0 and 1 give 1 token and the same text, 2 gives 2, under each name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet xllamacpp==2026.10.11549 gguf==0.19.0 numpy==2.4.6
cd "$folder"
env/bin/python - <<'PY'
import gguf
import numpy as np
import xllamacpp

# A Llama model of one layer. Its tokens are the bytes, in GPT-2's letters, one pair, and an end token.
plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
words = [chr(b) for b in plain] + [chr(256 + n) for n in range(256 - len(plain))] + ["ab", "<end>"]
file = gguf.GGUFWriter("model.gguf", "llama")
file.add_context_length(256)
file.add_embedding_length(32)
file.add_block_count(1)
file.add_feed_forward_length(64)
file.add_head_count(2)
file.add_head_count_kv(2)
file.add_layer_norm_rms_eps(1e-5)
file.add_rope_dimension_count(16)
file.add_tokenizer_model("gpt2")
file.add_tokenizer_pre("gpt-2")
file.add_token_list(words)
file.add_token_merges(["a b"])
file.add_token_types([1] * (len(words) - 1) + [3])
file.add_eos_token_id(len(words) - 1)
file.add_add_bos_token(False)
shapes = {"token_embd": (len(words), 32), "output": (len(words), 32), "blk.0.ffn_down": (32, 64)}
shapes |= {f"blk.0.attn_{part}": (32, 32) for part in ("q", "k", "v", "output")}
shapes |= {f"blk.0.ffn_{part}": (64, 32) for part in ("gate", "up")}
rng = np.random.default_rng(0)
for name, shape in shapes.items():
    file.add_tensor(f"{name}.weight", rng.normal(size=shape).astype(np.float32))
for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
    file.add_tensor(f"{name}.weight", np.ones(32, dtype=np.float32))
file.write_header_to_file()
file.write_kv_data_to_file()
file.write_tensors_to_file()
file.close()

params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel = "model.gguf", 256, 1
params.warmup, params.verbosity, params.ui = False, -1, False
server = xllamacpp.Server(params)
how = {"temperature": 0, "ignore_eos": True, "cache_prompt": False}
completion = {"prompt": "Hello"}
chat = {"messages": [{"role": "user", "content": "Hello"}]}
cases = [("n_predict", server.handle_completions, completion), ("max_tokens", server.handle_completions, completion)]
cases += [("max_completion_tokens", server.handle_chat_completions, chat)]
for name, call, asked in cases:
    replies = [call(asked | how | {name: limit}) for limit in (0, 1, 2)]
    counts = [reply["usage"]["completion_tokens"] for reply in replies]
    firsts = [reply["choices"][0].get("text", reply["choices"][0].get("message")) for reply in replies[:2]]
    print(f"{name} = 0, 1, 2: {counts} tokens; the first two answers are the same: {firsts[0] == firsts[1]}")
    assert counts == [1, 1, 2] and firsts[0] == firsts[1], "the behaviour has changed"
PY
