"""What follows from a configuration, held to the published figures."""

import pytest

from course_utils import CourseError
from course_utils.phi import facts
from course_utils.phi.arithmetic import (
    config,
    count,
    entries,
    kv_cache_bytes,
    prefill_flops,
    weight_bytes,
)

GIB = 2**30


@pytest.mark.parametrize("id", list(entries()))
def test_counts_agree_with_the_facts(id):
    if "parameters" in facts.model(id).figures:
        assert count(id).total == facts.figure(id, "parameters").value
    if "active_parameters" in facts.model(id).figures:
        assert count(id).active == facts.figure(id, "active_parameters").value


@pytest.mark.parametrize(
    ("id", "total"),
    [
        ("phi-2", 2_779_683_840),
        ("phi-3-mini-4k", 3_821_079_552),
        ("phi-3-medium-4k", 13_960_238_080),
        ("phi-3-small-8k", 7_392_272_384),
        ("phi-3.5-moe", 41_873_153_344),
        ("phi-4", 14_659_507_200),
        ("phi-4-mini", 3_836_021_760),
        ("mistral-7b-v0.1", 7_241_732_096),
        ("smollm2-135m", 134_515_008),
    ],
)
def test_counts_are_the_published_ones(id, total):
    found = count(id)
    assert found.total == total == sum(found.parts().values())


def test_sixteen_times_three_point_eight_is_forty_two():
    found = count("phi-3.5-moe")
    assert found.one_expert == 2_516_582_400 and found.experts == 16 * found.one_expert
    shared = found.total - found.experts
    assert shared == 1_607_834_944
    assert found.active == shared + 2 * found.one_expert == 6_640_999_744
    assert shared + found.one_expert == pytest.approx(3.8e9, rel=0.1)  # what "3.8 B" may mean
    assert 16 * 3.8e9 > 1.4 * found.total


@pytest.mark.parametrize("id", ["phi-3-mini-4k", "phi-3.5-mini", "phi-4"])
def test_int4_files_have_the_predicted_size(id):
    assert weight_bytes(id, "int4") == pytest.approx(facts.figure(id, "size_int4_cpu").value, rel=0.015)


def test_bare_four_bits_are_the_phone_of_the_report_and_less_than_any_file():
    bare = weight_bytes("phi-3-mini-4k", "int4", block=None)
    assert bare / GIB == pytest.approx(1.78, abs=0.005)  # "1.8GB" in the report
    for id in ("phi-3-mini-4k", "phi-4", "phi-4-mini"):
        assert weight_bytes(id, "int4", block=None) < facts.figure(id, "size_int4_gpu").value
    # Phi-4-mini's files are larger than the rule: part of their weights has more bits
    assert weight_bytes("phi-4-mini", "int4") < facts.figure("phi-4-mini", "size_int4_cpu").value


def test_a_tied_table_counts_twice():
    """Once in 32 bits for looking up, once in int4 for the scores. Phi-4 has two tables anyway."""
    tied, own = count("phi-4-mini"), count("phi-4")
    assert tied.head == 0 and own.head == own.embedding
    quantized = tied.attention + tied.mlp + tied.embedding
    assert weight_bytes("phi-4-mini", "int4") == quantized * 5 // 8 + (tied.embedding + tied.norms) * 4
    quantized = own.attention + own.mlp + own.head
    assert weight_bytes("phi-4", "int4") == quantized * 5 // 8 + (own.embedding + own.norms) * 4


def test_bytes_by_precision():
    assert weight_bytes(1000, "fp32") == 4000 and weight_bytes(1000, "bf16") == 2000
    assert weight_bytes(1000, "int4", block=None) == 500 and weight_bytes(1000, "int4") == 625
    assert weight_bytes(1000, "int8", block=None) == 1000 and weight_bytes(1000, "int8", block=128) == 1031
    assert weight_bytes("phi-3.5-mini", "bf16") == 2 * 3_821_079_552


def test_the_cache_by_context():
    assert kv_cache_bytes("phi-3.5-mini", 131072) == 48 * GIB
    assert kv_cache_bytes("phi-4-mini", 131072) == 16 * GIB  # a third of the heads: each is shared by three
    assert kv_cache_bytes("mistral-7b-v0.1", 1) == 128 * 1024
    assert kv_cache_bytes("smollm2-135m", 1) == 2 * 30 * 3 * 64 * 2 == 23_040  # 30 layers, 3 heads of 64
    assert kv_cache_bytes("phi-3-mini-4k", 4096) == kv_cache_bytes("phi-3-mini-4k", 2047)  # its window
    assert kv_cache_bytes("phi-3.5-mini", 100, "int8") * 2 == kv_cache_bytes("phi-3.5-mini", 100)


@pytest.mark.parametrize("window", [None, 16])
@pytest.mark.parametrize("kv_heads", [4, 2])
def test_the_cache_is_the_one_that_transformers_fills(window, kv_heads):
    """A small Phi-3 reads 40 tokens; its real cache is weighed. It keeps one token less than its window."""
    import torch
    from transformers import Phi3Config, Phi3ForCausalLM

    shape = {"vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "pad_token_id": 0}
    heads = {"num_attention_heads": 4, "num_key_value_heads": kv_heads, "sliding_window": window}
    small = Phi3Config(**shape, **heads, bos_token_id=1, eos_token_id=2)
    with torch.no_grad():
        cache = Phi3ForCausalLM(small)(torch.ones(1, 40, dtype=torch.long), use_cache=True).past_key_values
    weighed = sum(t.numel() * t.element_size() for layer in cache.layers for t in (layer.keys, layer.values))
    if window:
        assert weighed == kv_cache_bytes(small, window - 1, "fp32") < kv_cache_bytes(small, 40, "fp32")
    else:
        assert weighed == kv_cache_bytes(small, 40, "fp32")


@pytest.mark.parametrize("id", [id for id, entry in entries().items() if entry["class"]])
def test_a_configuration_object_is_that_of_the_model(id):
    found = config(id)
    for name, value in entries()[id]["settings"].items():
        if name not in ("rope_theta", "partial_rotary_factor"):
            assert getattr(found, name) == value, name
    assert type(found).__name__ == entries()[id]["class"]


def test_the_vision_part_is_clip_and_two_matrices():
    found = count("phi-3.5-vision")
    assert found.vision == 303_507_456 + 22_026_240 + 8_192  # encoder, projector, separators
    assert found.total == count("phi-3.5-mini").total + found.vision == 4_146_621_440


def test_the_parts_of_phi_3_small_follow_from_its_settings():
    """Linear layers with biases, layer norms with biases, one table for embedding and head."""
    s = entries()["phi-3-small-8k"]["settings"]
    width, layers, inner = s["hidden_size"], s["num_hidden_layers"], s["intermediate_size"]
    keys = width // s["num_attention_heads"] * s["num_key_value_heads"]
    attention = width * (width + 2 * keys) + (width + 2 * keys) + width * width + width
    mlp = width * 2 * inner + 2 * inner + inner * width + width
    parts = {"embedding": s["vocab_size"] * width, "attention": layers * attention, "mlp": layers * mlp}
    assert count("phi-3-small-8k").parts() == parts | {"norms": (2 * layers + 1) * 2 * width}


def test_phi_3_small_has_the_size_of_its_files():
    assert weight_bytes("phi-3-small-8k", "bf16") == pytest.approx(
        facts.figure("phi-3-small-8k", "size_bf16").value, rel=1e-3
    )


def test_operations():
    assert 6 * count("phi-3-medium-4k").active * 4.8e12 == pytest.approx(4.0e23, rel=0.02)
    assert 6 * count("phi-3.5-moe").active * 4.9e12 == pytest.approx(2.0e23, rel=0.03)  # the active ones count
    n = 3_821_079_552
    assert prefill_flops(n, 128, "phi-3.5-mini") == 256 * n + 2 * 32 * 3072 * 128**2


@pytest.mark.parametrize("kv_heads", [4, 2])
def test_the_operations_are_those_that_pytorch_counts(kv_heads):
    """A small Phi-3 on the meta device reads 40 tokens, and PyTorch counts what its matrices multiply."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    from transformers import Phi3Config, Phi3ForCausalLM

    shape = {"vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "pad_token_id": 0}
    heads = {"num_attention_heads": 4, "num_key_value_heads": kv_heads, "sliding_window": None}
    small = Phi3Config(**shape, **heads, bos_token_id=1, eos_token_id=2, attn_implementation="eager")
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        Phi3ForCausalLM(small)(torch.ones(1, 40, dtype=torch.long))
    counted, multiplied = counter.get_total_flops(), count(small).total - count(small).embedding - count(small).norms
    attention = prefill_flops(0, 40, small)
    assert counted == 2 * multiplied * 40 + 2 * attention  # it computes the scores that the mask then hides, too


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: count("phi-33"), "No configuration is called 'phi-33'"),
        (lambda: config("phi-3-small-8k"), "has no configuration object"),
        (lambda: weight_bytes(10, "int3"), "No precision is called 'int3'.*Known: fp32"),
        (lambda: kv_cache_bytes("phi-4", 100, "int3"), "No precision is called 'int3'.*Known: fp32"),
        (lambda: kv_cache_bytes("phi-4", -1), "0 tokens or more"),
    ],
)
def test_wrong_words_are_named(call, words):
    with pytest.raises(CourseError, match=words):
        call()
