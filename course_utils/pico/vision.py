"""pico-vision: a model that reads pictures, in the layout of Phi-3-Vision. Read it from top to bottom with a picture.

    picture --crops--> 336 x 336 pixels, once whole and up to 16 times in detail
            --Eye----> 24 x 24 patches of 14 x 14 pixels, each a vector, and each patch looks at the others
            --merge--> 12 x 12 = 144 places, of four neighbouring patches each
            --projector--> 144 vectors as long as the embedding of a word
            --layout-> rows of places, each with a row end; all details, a separator, the whole picture
            --Phi-3--> the decoder reads them as if they were words, and answers

The layout is that of section 7 of the Phi-3 technical report (arXiv 2404.14219) and of the "HD transform" in the code
that Microsoft published with Phi-3-vision. The eye there is CLIP ViT-L/14, of 24 layers; here it has four.
"""

import math
import re
from pathlib import Path

import numpy
import torch
from PIL import Image
from torch import nn
from transformers import Phi3Config, Phi3ForCausalLM, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

CROP = 336  # pixels along a side of a crop
PATCH = 14  # pixels along a side of a patch
SIDE = CROP // PATCH  # 24 patches along a side
PLACES = SIDE // 2  # 12 places along a side
MOST_CROPS = 16
# The mean and the spread of red, green and blue in CLIP's training pictures: Phi-3-Vision and its ONNX form use them.
MEAN = (0.48145466, 0.4578275, 0.40821073)
SPREAD = (0.26862954, 0.26130258, 0.27577711)
TAG = re.compile(r"<\|image_(\d+)\|>")


class PicoVisionConfig(PreTrainedConfig):
    """`text_config` is the decoder's own `Phi3Config`; the other sizes are the eye's."""

    model_type = "pico_vision"
    sub_configs = {"text_config": Phi3Config}

    def __init__(self, text_config=None, eye_size: int = 96, eye_layers: int = 4, eye_heads: int = 2, **others):
        self.text_config = Phi3Config(**text_config) if isinstance(text_config, dict) else text_config or Phi3Config()
        self.eye_size, self.eye_layers, self.eye_heads = eye_size, eye_layers, eye_heads
        super().__init__(**others)


class Block(nn.Module):
    """A layer of the eye: a patch takes in its eight neighbours, looks at all patches, then thinks for itself. The
    second and the third are a layer of a vision transformer, without a causal mask. The first, a convolution over the
    grid, is not in CLIP: it learns the strokes of letters from tens of thousands of pictures instead of millions (as in
    CvT, Wu et al. 2021, arXiv 2103.15808)."""

    def __init__(self, size: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm0, self.near = nn.LayerNorm(size), nn.Conv2d(size, size, kernel_size=3, padding=1)
        nn.init.zeros_(self.near.weight)
        self.norm1, self.norm2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.qkv, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.up, self.down = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)

    def forward(self, x):
        crops, patches, size = x.shape
        grid = self.norm0(x).transpose(1, 2).reshape(crops, size, SIDE, SIDE)
        x = x + self.near(grid).flatten(2).transpose(1, 2)
        qkv = self.qkv(self.norm1(x)).view(crops, patches, 3, self.heads, size // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        with torch.autocast(x.device.type, enabled=False):  # in training: its gradient is quicker in float32
            seen = nn.functional.scaled_dot_product_attention(q.float(), k.float(), v.float())
        x = x + self.out(seen.transpose(1, 2).reshape(crops, patches, size))
        return x + self.down(nn.functional.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Eye(nn.Module):
    """Crops of pixels, [crops, 3, 336, 336], become places, [crops, 12, 12, 4 * size]. CLIP makes a patch with one
    matrix, from 14 x 14 x 3 = 588 numbers. Three small convolutions do it here: they make the same 24 x 24 grid and
    learn it from far fewer pictures (Xiao et al. 2021, arXiv 2106.14881)."""

    def __init__(self, size: int, layers: int, heads: int):
        super().__init__()
        self.pixels = nn.Conv2d(3, 32, kernel_size=7, stride=7)  # 48 x 48
        self.edges = nn.Conv2d(32, 48, kernel_size=3, padding=1)  # the same, with the neighbours
        self.patches = nn.Conv2d(48, size, kernel_size=2, stride=2)  # 24 x 24
        self.positions = nn.Parameter(torch.randn(SIDE * SIDE, size) * 0.02)
        self.layers = nn.ModuleList(Block(size, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(size)

    def see(self, pixels):
        """[crops, 3, 336, 336] -> [crops, 576, size]: a vector for each patch, which has looked at all the others."""
        x = nn.functional.gelu(self.pixels(pixels), approximate="tanh")
        x = nn.functional.gelu(self.edges(x), approximate="tanh")
        x = self.patches(x).flatten(2).transpose(1, 2) + self.positions
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)

    def forward(self, pixels):
        return merge(self.see(pixels))


def merge(patches):
    """Four neighbours become one: [crops, 24 * 24, size] -> [crops, 12, 12, 4 * size]."""
    crops, _, size = patches.shape
    x = patches.view(crops, PLACES, 2, PLACES, 2, size).transpose(2, 3)
    return x.reshape(crops, PLACES, PLACES, 4 * size)


class PicoVision(PreTrainedModel):
    """The eye, the projector, and a Phi-3 decoder. `from_pretrained` and `save_pretrained` are the library's."""

    config_class = PicoVisionConfig
    base_model_prefix = "pico_vision"
    _tied_weights_keys = {"language.lm_head.weight": "language.model.embed_tokens.weight"}

    def __init__(self, config: PicoVisionConfig):
        super().__init__(config)
        size, hidden = config.eye_size, config.text_config.hidden_size
        self.eye = Eye(size, config.eye_layers, config.eye_heads)
        self.projector = nn.Sequential(nn.Linear(4 * size, 2 * hidden), nn.GELU("tanh"), nn.Linear(2 * hidden, hidden))
        self.row_end = nn.Parameter(torch.randn(hidden) * 0.02)
        self.separator = nn.Parameter(torch.randn(hidden) * 0.02)
        self.zoom = nn.Parameter(torch.zeros(hidden))  # added to each detail, which is otherwise like a whole picture
        self.language = Phi3ForCausalLM(config.text_config)
        self.post_init()

    def _init_weights(self, module):
        """Each part initializes itself, as PyTorch does."""

    def look(self, pixels):
        """Crops of pixels, [crops, 3, 336, 336], as places that the decoder can read, [crops, 12, 12, hidden]."""
        return self.projector(self.eye(pixels))

    def layout(self, places, high: int, wide: int):
        """The tokens of one picture, [tokens, hidden], in the order in which the decoder reads them. `places`: [1 +
        high * wide, 12, 12, hidden], the whole picture first, then its details row by row. With high = 0 there are no
        details, and the picture takes 12 * 13 = 156 tokens; with 4 x 4 it takes 2,509."""
        whole = self.with_row_ends(places[0])
        if high == 0:
            return whole
        # [high, wide, 12, 12, hidden] -> [high * 12, wide * 12, hidden]: the crops side by side, as one large picture
        details = places[1:].view(high, wide, PLACES, PLACES, -1).transpose(1, 2)
        details = self.with_row_ends(details.reshape(high * PLACES, wide * PLACES, -1)) + self.zoom
        return torch.cat([details, self.separator[None], whole])

    def with_row_ends(self, grid):
        """[rows, columns, hidden] -> [rows * (columns + 1), hidden]: after each row comes the row end."""
        ends = self.row_end.expand(grid.shape[0], 1, -1)
        return torch.cat([grid, ends], dim=1).flatten(0, 1)

    def embed(self, prompt: str, pictures: list, tokenizer, most: int = MOST_CROPS):
        """The prompt with its pictures in the places of their tags, as vectors: [1, tokens, hidden]. `most`: how many
        details a picture may have; 0 shows the model the whole picture only."""
        words = self.language.get_input_embeddings()
        parts = []
        for piece in pieces(prompt, len(pictures)):
            if isinstance(piece, int):
                pixels, (high, wide) = crops(pictures[piece], most)
                parts.append(self.layout(self.look(pixels.to(self.dtype)), high, wide))
            elif piece:
                parts.append(words(torch.tensor(tokenizer.encode(piece), dtype=torch.long)))
        return torch.cat(parts)[None]


def pieces(prompt: str, pictures: int) -> list[str | int]:
    """The prompt, cut at its tags <|image_1|>, <|image_2|>, ...: texts, and the numbers (from 0) of pictures. Raises
    ValueError when the tags do not number the pictures from 1 without a gap."""
    found = TAG.split(prompt)
    numbers = [int(number) - 1 for number in found[1::2]]
    if sorted(numbers) != list(range(pictures)):
        tags = ", ".join(f"<|image_{n + 1}|>" for n in numbers) or "none"
        raise ValueError(f"Pictures given: {pictures}; tags in the prompt: {tags}. Name each picture once, from 1 on.")
    return [int(piece) - 1 if i % 2 else piece for i, piece in enumerate(found)]


def shape_of(width: int, height: int, most: int = MOST_CROPS) -> tuple[int, int]:
    """How many rows and columns of details a picture of this size is cut into: as many as fit into `most`."""
    if width < height:
        return shape_of(height, width, most)[::-1]
    ratio = width / height
    scale = max(scale for scale in range(1, most + 1) if scale * math.ceil(scale / ratio) <= most)
    return math.ceil(max(1, int(scale * CROP / ratio)) / CROP), scale


def crops(picture, most: int = MOST_CROPS):
    """A picture as pixels for the eye: ([1 + high * wide, 3, 336, 336], (high, wide)). The details: the picture
    enlarged or reduced until it fills `high` x `wide` crops, with white above and below (or left and right) where its
    form does not fit. Then the whole of that, squeezed into one crop, which comes first. With most = 0 there is the
    whole only. ONNX Runtime GenAI's Phi-3 transform uses the same filters, in the same order."""
    if picture.mode != "RGB" or 0 in picture.size or picture.getexif().get(0x0112, 1) != 1:  # else wrong in silence
        raise ValueError("This picture is empty, turned or not RGB: hand over what open_picture makes of it.")
    high, wide = shape_of(*picture.size, most or MOST_CROPS)
    ratio = picture.width / picture.height
    size = (wide * CROP, int(wide * CROP / ratio)) if ratio >= 1 else (int(high * CROP * ratio), high * CROP)
    size = max(1, size[0]), max(1, size[1])
    details = Image.new("RGB", (wide * CROP, high * CROP), "white")
    middle = (details.width - size[0]) // 2, (details.height - size[1]) // 2
    details.paste(picture.resize(size, Image.Resampling.BILINEAR), middle)
    pixels = normal(details)
    small = [Image.fromarray(part.numpy(), "F").resize((CROP, CROP), Image.Resampling.BICUBIC) for part in pixels]
    whole = torch.from_numpy(numpy.stack(small))[None]
    if most == 0:
        return whole, (0, 0)
    # [3, high * 336, wide * 336] -> [high * wide, 3, 336, 336]
    cut = pixels.view(3, high, CROP, wide, CROP).permute(1, 3, 0, 2, 4).reshape(high * wide, 3, CROP, CROP)
    return torch.cat([whole, cut]), (high, wide)


def normal(picture):
    """The pixels of an RGB picture as [3, height, width], each colour with a mean near 0 and a spread near 1."""
    pixels = torch.from_numpy(numpy.array(picture, dtype=numpy.float32) / 255).permute(2, 0, 1)
    return (pixels - torch.tensor(MEAN)[:, None, None]) / torch.tensor(SPREAD)[:, None, None]


def load(folder: Path):
    """(model, tokenizer) of a folder that holds pico-vision, in float32."""
    model = PicoVision.from_pretrained(folder, dtype=torch.float32).eval()
    return model, PreTrainedTokenizerFast.from_pretrained(folder)
