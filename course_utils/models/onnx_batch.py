"""Several answers at once from one ONNX model: a KV cache with a row for each, by ONNX Runtime directly.

One step of decode takes the last token of every row and gives the logits of the next: the weights are read once for
all of them. Rows differ in length, and nothing is padded: ONNX Runtime's GroupQueryAttention is told by the attention
mask how long each row is. So each row gets the very logits that it gets alone.
"""

import json
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from course_utils.models import onnx_model
from course_utils.models.chat import TAG, SamplingParams, stop_set, whole_letters
from course_utils.models.pictures import as_png
from course_utils.setup import threads

ROOM = 1.6e9  # bytes of keys and values; of SmolLM2, 46 kB a token: 32 rows of 1,024, or 4 of 8,192
NEVER = 1e-9  # against the likeliest token; what is less likely is not drawn
LARGEST = {"minimum": -(10**12), "maximum": 10**12}
FREE = {"string": {"maxLength": 200}, "array": {"maxItems": 50}}  # what ends a type, where its schema does not
FREE |= {"integer": LARGEST, "number": LARGEST | {"multipleOf": 0.0001}}
# For a schema: no freedom in its blanks; a small model may like them so much that it writes nothing else.
COMPACT = {"x-guidance": {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}}


@dataclass
class Row:
    """What a row of the cache holds."""

    ids: list = field(default_factory=list)  # the tokens whose keys and values they are
    prefilled: int = 0  # how many of them came several at a time: to the last bit the same every time
    touched: float = 0.0  # when it was last written to


class OnnxBatch:
    """A folder made by ONNX Runtime GenAI's model builder, for several answers at once.

    Rows 0 to n - 1 of the cache belong to the n requests at work, in their order; the others keep what they had, so
    that the next prompt with the same beginning need not be read again. Only one thread may call what begins with a
    verb of the cache: `resize`, `place`, `swap`, `forward`.
    """

    def __init__(self, folder: Path):
        from jinja2.sandbox import ImmutableSandboxedEnvironment
        from tokenizers import Tokenizer

        config = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))["model"]
        self.folder, self.decoder, graphs = folder, config["decoder"], [config["decoder"], config.get("embedding")]
        count = threads.for_params(onnx_model.parameters(folder))
        self.session, self.embedding = [graph and self._session(graph, count) for graph in graphs]
        self.vision = None  # its graph and the library's processor, from the first picture on
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.context_length, self.vocab_size = config["context_length"], config["vocab_size"]
        self.longest_token = max(map(len, self.tokenizer.get_vocab()))  # letters
        self.config, self.stop_ids = config, stop_set(config["eos_token_id"])
        template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
        self.template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(template)
        self.names = [node.name for node in self.session.get_inputs() if node.name.startswith("past_key_values.")]
        self.cache = np.empty(0, np.float32)  # shape (names, rows, key-value heads, length, head size)
        self.rows: list[Row] = []
        self.lock = threading.Lock()  # of what is made at its first use
        self._grammars = self._binding = None

    def _session(self, graph: dict, count: int):
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        import onnxruntime

        options, wanted = onnxruntime.SessionOptions(), graph.get("session_options", {})
        options.intra_op_num_threads = count
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        level = wanted.get("graph_optimization_level", "ORT_ENABLE_ALL")
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
        file = str(self.folder / graph["filename"])
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    # -- text and tokens: from any thread

    def markup(self, turns: list[dict]) -> str:
        """The conversation in the model's own chat markup, ready to be answered."""
        return self.template.render(messages=turns, add_generation_prompt=True)

    def ids(self, text: str) -> list[int]:
        return self.tokenizer.encode_batch([text], add_special_tokens=False)[0].ids  # lets other threads work

    def see(self, text: str, pictures: list) -> tuple[list[int], np.ndarray | None]:
        """The token ids of a text whose tags stand for these pictures (of Pillow), and what the decoder reads for them.

        That is None for a model without eyes, else their embeddings, shape (1, tokens, hidden size). Without a picture,
        a tag is text like any other. Raises ValueError where tags and pictures do not match.
        """
        if self.embedding is None:
            return self.ids(text), None
        if not pictures:
            ids = self.ids(text)
            return ids, self.embed_tokens(np.array([ids]))
        if [int(number) for number in TAG.findall(text)] != list(range(1, len(pictures) + 1)):
            raise ValueError("a text of the conversation has a tag such as <|image_1|> of its own; leave it out")
        with self.lock:
            if self.vision is None:
                self.vision = self._session(self.config["vision"], 1), onnx_model.OnnxModel(self.folder).processor
        session, processor = self.vision
        files = [as_png(picture) for picture in pictures]
        given = processor(text, images=onnx_model.genai().Images.open_bytes(*files))
        (features,) = session.run(None, {name: given[name].as_numpy() for name in ("pixel_values", "image_sizes")})
        ids = given["input_ids"].as_numpy().astype(np.int64)
        seen = -1 - hash(tuple(files)) % 2**60  # other pictures are other ids: `place` compares them
        return [id if id >= 0 else seen for id in ids[0].tolist()], self.embed_tokens(ids, features)

    def embed_tokens(self, ids: np.ndarray, features: np.ndarray | None = None) -> np.ndarray:
        """What the decoder reads for token ids of shape (rows, tokens): the ids, or their embeddings if it sees."""
        if self.embedding is None:
            return ids
        if features is None:
            features = np.zeros((0, self.decoder["hidden_size"]), np.float32)
        return self.embedding.run(None, {"input_ids": ids, "image_features": features})[0]

    def decode(self):
        """A function from the ids of an answer, one by one, to the text that each adds."""
        return whole_letters(self.tokenizer)

    @property
    def grammars(self):
        """The tokenizer as llguidance knows it: for schemas, and for the bytes of a token."""
        with self.lock:
            if self._grammars is None:
                from llguidance import LLTokenizer

                ends, text = sorted(self.stop_ids), self.tokenizer.to_str()
                self._grammars = LLTokenizer(text, n_vocab=self.vocab_size, eos_token=ends)
        return self._grammars

    def matcher(self, schema: dict):
        """What holds an answer to a JSON schema: llguidance's. Raises ValueError for one that cannot be used."""
        from llguidance import LLMatcher

        grammar = LLMatcher.grammar_from_json_schema(json.dumps(bounded(schema) | COMPACT))
        made = LLMatcher(self.grammars, grammar, log_level=0)
        if made.get_error():
            raise ValueError(made.get_error())
        return made

    # -- the cache: from the worker's thread only

    def resize(self, rows: int, length: int) -> bool:
        """See that there are so many rows of so many tokens. What they hold is kept. False if there is no room."""
        heads, size = self.decoder["num_key_value_heads"], self.decoder["head_size"]
        have = self.cache.shape[1::2] if self.rows else (4, 256)
        want = tuple(1 << (number - 1).bit_length() for number in (rows, length))  # powers of two
        both = tuple(map(max, have, want))
        token = 4 * len(self.names) * heads * size  # bytes
        made = both if both[0] * both[1] * token <= ROOM else want
        if rows > 1 and made[0] * made[1] * token > ROOM:
            return False
        if not self.rows or have != made:
            old, self._binding = self.cache, None
            # Not filled: the system gives memory to what has been written only.
            self.cache = np.empty((len(self.names), made[0], heads, made[1], size), np.float32)
            self.rows = [*self.rows, *(Row() for _ in range(made[0]))][: made[0]]
            for place, row in enumerate(self.rows):
                row.ids, row.prefilled = row.ids[: made[1]], min(row.prefilled, made[1])
                if row.ids:
                    self.cache[:, place, :, : len(row.ids)] = old[:, place, :, : len(row.ids)]
        return True

    def place(self, place: int, ids: list) -> int:
        """Make a row ready for a prompt, from the row that begins most like it. Returns how many ids it holds then.

        The last two are never among them: the logits of the last are wanted, and those of one token alone differ
        by some rounding from those of one among several. Nor are those that a row has written itself.
        """
        shared = [_common(row.ids[: row.prefilled], ids[:-2]) for row in self.rows]
        best = int(np.argmax(shared))
        # A row at rest that is continued is taken; else the one that has rested longest, and the beginning is copied.
        goes_on = best >= place and shared[best] + 2 >= self.rows[best].prefilled
        chosen = best if goes_on else min(range(place, len(self.rows)), key=lambda place: self.rows[place].touched)
        if chosen != best:
            self.cache[:, chosen, :, : shared[best]] = self.cache[:, best, :, : shared[best]]
        self.rows[chosen] = Row(list(ids[: shared[best]]), shared[best])
        self.swap(place, chosen)
        return shared[best]

    def swap(self, one: int, other: int) -> None:
        """Exchange what two rows hold."""
        most = max(len(self.rows[one].ids), len(self.rows[other].ids)) if one != other else 0
        self.cache[:, [one, other], :, :most] = self.cache[:, [other, one], :, :most]
        self.rows[one], self.rows[other] = self.rows[other], self.rows[one]

    def forward(self, first: int, ids: np.ndarray, embeds: np.ndarray | None = None) -> np.ndarray:
        """Append tokens to rows, and return the logits after them, shape (rows, vocabulary).

        ids: shape (rows, tokens), for the rows from `first` on; several tokens for one row only
        """
        rows, tokens = self.rows[first : first + len(ids)], ids.shape[1]
        lengths = np.array([len(row.ids) for row in rows])
        # One token a row: as wide as the cache. Several: as long as the row will be, which tells a prompt.
        width = self.cache.shape[3] if tokens == 1 else lengths[0] + tokens
        if self._binding is None or self._binding[0] != (first, len(rows)):
            self._binding = (first, len(rows)), self.session.io_binding()
            for name, array in zip(self.names, self.cache[:, first : first + len(rows)], strict=True):
                memory = ("cpu", 0, np.float32, array.shape, array.ctypes.data)  # read, and written to, in one place
                self._binding[1].bind_input(name, *memory)
                self._binding[1].bind_output(name.replace("past_key_values", "present"), *memory)
        binding = self._binding[1]
        binding.bind_cpu_input("attention_mask", (np.arange(width) < lengths[:, None] + tokens).astype(np.int64))
        given = self.embed_tokens(ids) if embeds is None else np.ascontiguousarray(embeds)
        binding.bind_cpu_input("input_ids" if self.embedding is None else "inputs_embeds", given)
        binding.bind_output("logits", "cpu")
        self.session.run_with_iobinding(binding)
        for row, more in zip(rows, ids.tolist(), strict=True):
            row.ids += more
            row.touched, row.prefilled = time.monotonic(), len(row.ids) if tokens > 1 else row.prefilled
        return binding.get_outputs()[-1].numpy()[:, -1]


def _common(one: list, other: list) -> int:
    """How many items two lists begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def bounded(schema):
    """A JSON schema whose free texts, numbers and lists end: a small model would go on until its limit.

    An object that says which properties it has gets no others, as in llama.cpp's grammars, and so in Ollama.
    """
    if isinstance(schema, list):
        return [bounded(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: value if name in ("enum", "const") else bounded(value) for name, value in schema.items()}
    kinds = made.get("type")
    if kinds == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if isinstance(kind, str) and not made.keys() & {"enum", "const", "pattern", "format"}:
            made = FREE.get(kind, {}) | made
    return made


def pick(logits: np.ndarray, params: SamplingParams, before: list[int], rng: np.random.Generator) -> int:
    """The next token. The order is that of Transformers: penalty, temperature, top-k, top-p, min-p.

    logits: shape (vocabulary,); they are changed. before: the ids so far, to which the penalty applies
    """
    if params.repetition_penalty != 1:
        seen = np.unique([id for id in before if id >= 0])
        scores, penalty = logits[seen], params.repetition_penalty
        logits[seen] = np.where(scores > 0, scores / penalty, scores * penalty)
    if params.temperature == 0:
        return int(logits.argmax())
    likely = np.exp((logits - logits.max()).astype(np.float64) / params.temperature)
    order = np.flatnonzero(likely > NEVER)
    order = order[np.argsort(-likely[order], kind="stable")][: params.top_k or None]
    weights = likely[order]
    above = np.cumsum(weights) - weights
    weights[(above >= params.top_p * weights.sum()) | (weights < params.min_p)] = 0
    return int(order[np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), side="right")])
