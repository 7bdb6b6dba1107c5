"""Measure how sure pico-vision is of its answers, and how often it is right then.

    python -m tests.measure_sure --machine "two cores of ..."

writes `vision_sure.json`, which notebook 07 reads: new pictures of held-out things, the whole picture only (`most=0`).
"""

import argparse
import json
import random
import sys
from datetime import date
from pathlib import Path

import torch

from course_utils.pico import VISION, folder, vision

sys.path.insert(0, str(Path(__file__).parent))  # as a module of `tests` it would not find its neighbour
import picture_book  # noqa: E402

RESULTS = folder(VISION).parents[1] / "vision_sure.json"
SAMPLES = 40  # of each chapter


@torch.inference_mode()
def sure(network, tokenizer, pictures: list, question: str) -> tuple[str, float]:
    """The answer, and its probability: the product over its tokens, the end mark among them."""
    tags = "".join(f"<|image_{i + 1}|>\n" for i in range(len(pictures)))
    prompt = f"<|user|>\n{tags}{question}<|end|>\n<|assistant|>\n"
    embeds = network.embed(prompt, pictures, tokenizer, most=0)
    how = {"max_new_tokens": 60, "do_sample": False, "output_scores": True, "return_dict_in_generate": True}
    out = network.language.generate(inputs_embeds=embeds, **how)
    steps = zip(out.scores, out.sequences[0], strict=True)
    probability = torch.stack([scores[0].softmax(-1)[token] for scores, token in steps]).prod()
    return tokenizer.decode(out.sequences[0], skip_special_tokens=True), float(probability)


def chapter(network, tokenizer, skill: str, samples: int = SAMPLES) -> list[list]:
    """[how sure, whether it was right] for so many pictures of a chapter of the picture book."""
    rng, rows = random.Random(f"sure/{skill}"), []
    for _ in range(samples):
        drawn = picture_book.draw(rng, "test", skill)
        question = drawn.questions[0]
        answer, probability = sure(network, tokenizer, [page.picture for page in drawn.pages], question.text)
        rows.append([round(probability, 4), answer == question.answer])
    return rows


def main(argv: list[str] | None = None) -> int:
    """Measure all chapters, and write down what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.measure_sure")
    parser.add_argument("--machine", required=True, help="the machine, in words")
    result = {"machine": parser.parse_args(argv).machine, "date": date.today().isoformat()}
    network, tokenizer = vision.load(folder(VISION))
    rows = {skill: chapter(network, tokenizer, skill) for skill in picture_book.SKILLS}
    result |= {"command": "python -m tests.measure_sure", "samples": SAMPLES, "rows": rows}
    text = json.dumps(result).replace('"rows": {', '"rows": {\n').replace("]], ", "]],\n")
    RESULTS.write_text(text + "\n", encoding="utf-8")
    print(f"Written: {RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
