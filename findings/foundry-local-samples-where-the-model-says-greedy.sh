#!/usr/bin/env bash
# Foundry Local SDK 2.2.1 for Python: a ChatSession without options samples, although the genai_config.json of the model
# says "do_sample": false and ONNX Runtime GenAI is greedy with it. So the same question is answered differently each
# time. temperature=0.0 or do_sample=False in the session's options brings the greedy answer back.
# And the quick start in the wheel's own description prints nothing: it prints the items that are a TextItem, but a whole
# answer is one MessageItem; only a stream is made of TextItems.
# Seen with a model in which each token decides the next: 8 sessions without options, 8 different answers, none the greedy
# one; 8 with temperature 0.0 and 8 with do_sample=False, all the greedy one. No TextItem in a whole answer, only
# TextItems in a stream.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet foundry-local-sdk==2.2.1 onnx==1.23.2
cd "$folder"
mkdir model
env/bin/python - <<'PY'
import json
from pathlib import Path

import numpy as np
from foundry_local_sdk import CatalogType, ChatSession, Configuration, FoundryLocalManager, MessageItem, ModelInfoBuilder
from foundry_local_sdk import Request, RequestOptions, SearchOptions, TextItem
from onnx import TensorProto, helper, numpy_helper, save

# The smallest language model: each of its 257 tokens (the bytes, and an end token) decides the next one, a capital letter.
table = np.full((257, 257), -99, dtype=np.float32)
table[:, 65:91] = np.random.default_rng(0).normal(size=(257, 26))
greedy = "A"
while len(greedy) < 24:
    greedy += chr(table[ord(greedy[-1])].argmax())

nodes = [helper.make_node("Gather", ["table", "input_ids"], ["logits"])]
nodes += [helper.make_node("Slice", ["logits", "zero", "eight", "two"], ["part"])]
nodes += [helper.make_node("Unsqueeze", ["part", "one"], ["new"])]
nodes += [helper.make_node("Concat", [f"past.0.{kv}", "new"], [f"present.0.{kv}"], axis=2) for kv in ("key", "value")]
values = {"table": table}
values |= {name: np.array([n], dtype=np.int64) for name, n in {"zero": 0, "one": 1, "two": 2, "eight": 8}.items()}
cache = [(kv, ["batch", 1, "past", 8], ["batch", 1, "total", 8]) for kv in ("key", "value")]
takes = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])]
takes += [helper.make_tensor_value_info(f"past.0.{kv}", TensorProto.FLOAT, before) for kv, before, _ in cache]
gives = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", 257])]
gives += [helper.make_tensor_value_info(f"present.0.{kv}", TensorProto.FLOAT, after) for kv, _, after in cache]
weights = [numpy_helper.from_array(value, name) for name, value in values.items()]
graph = helper.make_graph(nodes, "model", takes, gives, weights)
save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), "model/model.onnx")

inputs = {"input_ids": "input_ids", "past_key_names": "past.%d.key", "past_value_names": "past.%d.value"}
outputs = {"logits": "logits", "present_key_names": "present.%d.key", "present_value_names": "present.%d.value"}
decoder = {"filename": "model.onnx", "inputs": inputs, "outputs": outputs, "hidden_size": 8, "head_size": 8}
decoder |= {"num_attention_heads": 1, "num_key_value_heads": 1, "num_hidden_layers": 1}
about = {"type": "llama", "vocab_size": 257, "context_length": 256, "eos_token_id": 256, "pad_token_id": 256}
search = {"do_sample": False, "temperature": 1.0, "top_k": 50, "top_p": 1.0, "max_length": 256}
Path("model/genai_config.json").write_text(json.dumps({"model": about | {"decoder": decoder}, "search": search}))

# GPT-2's letters for bytes, one token each, no merges.
plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
letters = {b: chr(b) for b in plain} | {b: chr(256 + n) for n, b in enumerate(b for b in range(256) if b not in plain)}
vocabulary = {letters[b]: b for b in range(256)} | {"<end>": 256}
level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
end = {"id": 256, "content": "<end>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
bpe = {"type": "BPE", "vocab": vocabulary, "merges": [], "unk_token": None, "fuse_unk": False, "byte_fallback": False}
bpe |= {"dropout": None, "continuing_subword_prefix": None, "end_of_word_suffix": None}
tokenizer = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [end], "normalizer": None}
tokenizer |= {"pre_tokenizer": level, "post_processor": None, "decoder": level, "model": bpe}
Path("model/tokenizer.json").write_text(json.dumps(tokenizer))
settings = {"tokenizer_class": "GPT2Tokenizer", "eos_token": "<end>", "bos_token": None, "unk_token": "<end>"}
settings["chat_template"] = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
Path("model/tokenizer_config.json").write_text(json.dumps(settings))

config = Configuration("finding", app_data_dir="data", disable_nonessential_telemetry=True)
FoundryLocalManager.initialize(config)
catalog = FoundryLocalManager.instance.get_catalog(CatalogType.LOCAL)
with ModelInfoBuilder() as builder:
    builder.set_string_property("task", "chat-completion")
    model = catalog.register_model(str(Path("model").resolve()), "smallest-generic-cpu:1", builder)
model.load()


def ask(stream=False, **options):
    with ChatSession(model) as session:
        session.set_options(RequestOptions(search=SearchOptions(max_output_tokens=23, **options)))
        session.set_streaming(stream)
        with Request().add_item(MessageItem.user("A")) as request:
            if stream:
                return [type(item) for item in session.process_streaming_request(request)]
            items = list(session.process_request(request))
            return [type(item) for item in items], "A" + items[0].get_simple_text()


print("greedy, by the table:", greedy)
for name, options in {"no options": {}, "temperature=0.0": {"temperature": 0.0}, "do_sample=False": {"do_sample": False}}.items():
    answers = [ask(**options)[1] for _ in range(8)]
    print(f"{name}: {len(set(answers))} different of 8, {answers.count(greedy)} greedy, the first {answers[0]}")
    assert answers.count(greedy) == (8 if options else 0), "the behaviour has changed"
whole, parts = set(ask()[0]), set(ask(stream=True, temperature=0.0))
print("a whole answer is made of", whole, "a stream of", parts)
assert whole == {MessageItem} and parts == {TextItem}, "the behaviour has changed"
PY
