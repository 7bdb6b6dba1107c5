"""The real models that `load` knows: where they are, which files it needs, and what they cost.

A revision is pinned, so that everybody who takes the course runs the same bytes. Sizes are in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.phi.facts import figure

GB = 10**9


@dataclass(frozen=True)
class File:
    """One file of a repository. Without a `sha256` here, the checksum that the hub gives for it counts."""

    path: str
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Download:
    """One form of a model. `size` is all its files, `memory` what the running model needs."""

    repo: str
    revision: str
    files: tuple[File, ...]
    size: int
    memory: int
    licence: str
    folder: str = ""  # where in the repository the files are
    dtype: str = "bfloat16"  # for Transformers


# Revisions, sizes and checksums were read in November 2026 from public records of other people's downloads;
# the hub itself could not be opened. At least two independent records agree on each, but for the small files
# of Phi-3.5-mini (one record) and the size of the Phi-4-mini weights (one record; 2 bytes for each of the
# 3,836,021,760 parameters and a header give the same). A download checks every byte against them, or against
# the hub. Files without a size here have a few kilobytes, but for the weights of Phi-4-mini.

_PHI_35_MINI = Download(
    repo="microsoft/Phi-3.5-mini-instruct",
    revision="2fe192450127e6a83f7441aef6e3ca586c338b77",
    files=(
        File("config.json", 3451, "224de4f6a15b9d2a89695ec04b7f7ab2dd93a008a506979925e5a88cb5804974"),
        File("generation_config.json"),
        File("model.safetensors.index.json"),
        File("special_tokens_map.json"),
        File("tokenizer.json", 1844408, "9e2ae3d66819f163cdcfedba5078f3a3af8118c2712491ed60912f77886bda6f"),
        File("tokenizer_config.json", 3984, "92a6e3f894075fda19f47d8755c6ce65b2a974716307d13ae5d79196011ebb44"),
        File(
            "model-00001-of-00002.safetensors",
            4972489328,
            "c5214cdb995ed3dd716add8d9efbfe016b76bb2f1c4c1e6c1c6a95497d7a8837",
        ),
        File(
            "model-00002-of-00002.safetensors",
            2669692552,
            "41246eed2b75b66526339c5d32d6f7acdefe0bd24180f97c74303f4656877344",
        ),
    ),
    size=7_644_100_000,
    memory=round(8.5 * GB),  # 2 bytes for each of 3.82 billion parameters, the KV cache, PyTorch
    licence="MIT",
)

_PHI_35_MINI_INT4 = Download(
    repo="microsoft/Phi-3.5-mini-instruct-onnx",
    revision="7230dcd6c1dd28aab70f263ecc8734ec9d9bcb70",
    folder="cpu_and_mobile/cpu-int4-awq-block-128-acc-level-4",
    files=(
        File("genai_config.json", 1580, "d1036a44e904c816c864931b961483eccf18e985dbd6797eecb33e01b626f580"),
        File("special_tokens_map.json"),
        File("tokenizer.json", 1844436, "d0f067e1e15cd0a36ebef3668024882cb67a80b86fb4b7b4b128481f0d474db7"),
        File("tokenizer_config.json"),
        File(
            "phi-3.5-mini-instruct-cpu-int4-awq-block-128-acc-level-4.onnx",
            52176615,
            "c4f05e6ef52f2588df181e566afbf5e8eeba097fece2fc8246770473a10225fd",
        ),
        File(
            "phi-3.5-mini-instruct-cpu-int4-awq-block-128-acc-level-4.onnx.data",
            2728144896,
            "3351fe9cc669eba43e07fb3cec436078629d5145531a28bc36fe6d5ad7683eb8",
        ),
    ),
    size=2_782_200_000,
    memory=round(3.5 * GB),  # measured with a model of this size and random weights, 128-token prompt
    licence="MIT",
)

_PHI_4_MINI = Download(
    repo="microsoft/Phi-4-mini-instruct",
    revision="cfbefacb99257ffa30c83adab238a50856ac3083",
    files=(
        File("config.json"),
        File("generation_config.json"),
        File("model.safetensors.index.json"),
        File("special_tokens_map.json"),
        File("tokenizer.json", 15524095, "382cc235b56c725945e149cc25f191da667c836655efd0857b004320e90e91ea"),
        File("tokenizer_config.json"),
        File("model-00001-of-00002.safetensors"),
        File("model-00002-of-00002.safetensors"),
    ),
    size=7_687_700_000,  # 7,672,066,216 of weights
    memory=round(8.5 * GB),
    licence="MIT",
)

PARAMETERS = {id: figure(id, "parameters").value for id in ("phi-3.5-mini", "phi-4-mini")}  # from the configurations

# name -> runtime -> what to download
MODELS: dict[str, dict[str, Download]] = {
    "phi-3.5-mini": {"transformers": _PHI_35_MINI, "onnx": _PHI_35_MINI_INT4},
    "phi-4-mini": {"transformers": _PHI_4_MINI},
}
