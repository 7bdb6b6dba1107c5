"""pico-vision as a folder of type `phi3v` for ONNX Runtime GenAI: the library then treats it as Phi-3.5-vision. Three
graphs. `vision.onnx` is the eye, the projector and the layout: pixels in, tokens out. `embedding.onnx` puts words and
pictures into one row. `text.onnx` is the decoder, built by the library's own model builder. Two files tell the library
the rest: `processor_config.json` how to cut a picture, and `genai_config.json` which graph has which inputs."""

import json
import sys
from pathlib import Path

import torch
from torch import nn
from transformers import GenerationConfig

from course_utils.base import data
from course_utils.pico.export.builder import run_builder
from course_utils.pico.vision import CROP, MOST_CROPS, PLACES, PicoVision, load


class VisionGraph(nn.Module):
    """The eye with its layout for any number of pictures of any form, without a loop or a branch: as a graph needs it.
    Takes pixel_values [pictures, 17, 3, 336, 336] and image_sizes [pictures, 2] (height and width of the details in
    pixels), and gives [tokens, hidden]: the tokens of the first picture, then those of the second, ..."""

    def __init__(self, model: PicoVision):
        super().__init__()
        self.model = model

    def forward(self, pixel_values, image_sizes):
        pictures = pixel_values.shape[0]
        places = self.model.look(pixel_values.flatten(0, 1)).reshape(pictures, (MOST_CROPS + 1) * PLACES * PLACES, -1)
        # A table of vectors for each picture: its places, then the row end, the separator, the row end of details.
        zoom, row_end = self.model.zoom, self.model.row_end
        places = torch.cat([places[:, : PLACES * PLACES], places[:, PLACES * PLACES :] + zoom], dim=1)
        extra = torch.stack([row_end, self.model.separator, row_end + zoom])[None].expand(pictures, -1, -1)
        table = torch.cat([places, extra], dim=1)
        row_end, separator, detail_end = (places.shape[1] + i for i in range(3))

        high, wide = (image_sizes // CROP).unbind(-1)
        wide = wide[:, None]
        columns = wide * PLACES + 1
        at = torch.arange(MOST_CROPS * PLACES * (PLACES + 1), device=image_sizes.device)[None]
        row, column = at // columns, at % columns
        crop = 1 + row // PLACES * wide + column // PLACES
        detail = crop * PLACES * PLACES + row % PLACES * PLACES + column % PLACES
        detail = torch.where(column == columns - 1, detail_end, detail)
        used = at < high[:, None] * PLACES * columns

        at = torch.arange(PLACES * (PLACES + 1), device=image_sizes.device)
        whole = torch.where(at % (PLACES + 1) == PLACES, row_end, at // (PLACES + 1) * PLACES + at % (PLACES + 1))
        tail = torch.cat([torch.full_like(at[:1], separator), whole])[None].expand(pictures, -1)
        index = torch.cat([torch.where(used, detail, 0), tail], dim=1)
        used = torch.cat([used, torch.ones_like(tail, dtype=torch.bool)], dim=1)
        tokens = table.gather(1, index[:, :, None].expand(-1, -1, table.shape[-1]))
        return tokens[used]


class EmbeddingGraph(nn.Module):
    """input_ids [1, n] with a negative number at each place of a picture, image_features [tokens, hidden]: one row."""

    def __init__(self, words: nn.Embedding):
        super().__init__()
        self.words = words

    def forward(self, input_ids, image_features):
        seen = input_ids < 0
        order = torch.cumsum(seen.long(), dim=-1) * seen  # 1, 2, 3, ... at the places of pictures, 0 at words
        # While it writes, the library calls this graph without a picture: a row of zeros fills the empty table.
        table = torch.cat([torch.zeros_like(image_features.sum(0, keepdim=True)), image_features])
        return torch.where(seen[..., None], table[order], self.words(torch.where(seen, 0, input_ids)))


def export(checkpoint: Path, work: Path) -> None:
    """Write the phi3v folder `work`/model from a checkpoint of pico-vision."""
    model, tokenizer = load(checkpoint)
    language, folder = work / "language", work / "model"
    model.language.generation_config = GenerationConfig(bos_token_id=0, pad_token_id=0, eos_token_id=[4, 0])
    model.language.save_pretrained(language)
    tokenizer.save_pretrained(language)
    run_builder(language, work, "fp32", False, ("--extra_options", "exclude_embeds=true", "filename=text.onnx"))
    pixels, sizes = torch.zeros(2, MOST_CROPS + 1, 3, CROP, CROP), torch.tensor([[1344, 1344], [672, 1344]])
    pictures, tokens = {0: torch.export.Dim("pictures")}, {0: torch.export.Dim("tokens")}
    inputs = {"pixel_values": pictures, "image_sizes": pictures}
    to_onnx(VisionGraph(model), (pixels, sizes), folder / "vision.onnx", inputs, "image_features")
    ids, features = torch.tensor([[2, -1, -1, -1, 5]]), torch.zeros(3, model.config.text_config.hidden_size)
    inputs = {"input_ids": {0: torch.export.Dim("rows"), 1: torch.export.Dim("n")}, "image_features": tokens}
    words = EmbeddingGraph(model.language.get_input_embeddings())
    to_onnx(words, (ids, features), folder / "embedding.onnx", inputs, "inputs_embeds")
    # genai_config.json has to say that there are three graphs; the library writes no processor_config.json of its own.
    ours = data(__file__, "phi3v.json")
    path = folder / "genai_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["model"] |= ours["model"]
    path.write_text(json.dumps(config, indent=1), encoding="utf-8")
    (folder / "processor_config.json").write_text(json.dumps(ours["processor_config"], indent=1), encoding="utf-8")


def to_onnx(module: nn.Module, inputs: tuple, path: Path, dynamic: dict, output: str) -> None:
    """Write a module as a graph. `dynamic`: by input, which of its dimensions may have any size, and their names."""
    names = {"input_names": list(dynamic), "output_names": [output], "dynamic_shapes": dynamic}
    with torch.inference_mode():
        torch.onnx.export(module.eval(), inputs, path, **names, dynamo=True, external_data=False, verbose=False)


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
