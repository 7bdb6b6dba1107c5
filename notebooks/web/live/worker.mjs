/** The inside of engine.mjs: files, tokenizer, and the loop that writes. One worker holds one model. */
import {Template} from "./vendor/jinja.mjs";
import {Tokenizer} from "./vendor/tokenizers.mjs";
import {OnnxModel} from "./onnx.mjs";
import * as sampling from "./sampling.mjs";

class Fault extends Error {
  constructor(code, detail) {
    super(detail);
    Object.assign(this, {code, detail});
  }
}

const stopped = new Set();
let model, tokenizer, template, facts;

const calls = {
  async open(name, known, threads, device) {
    facts = known;
    const {tokenizer: words, weights, [device === "webgpu" ? "webgpu" : "model"]: graph} = facts.files;
    if (!graph) throw new Fault("engine", `${name}: ${device}`);
    let come = 0;
    const onBlock = (bytes) => postMessage({progress: [(come += bytes), words.bytes + weights.bytes + graph.bytes]});
    const read = (file) => bring(file, onBlock);
    const text = async (file) => JSON.parse(new TextDecoder().decode(await read(file)));
    if (device === "webgpu") threads = 1;
    threads ??= self.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency || 1, facts.threads ?? 1) : 1;
    const [opened, dictionary] = await Promise.all([OnnxModel.open(facts, {graph, weights}, read, threads, device), text(words)]);
    model = opened;
    tokenizer = new Tokenizer(dictionary, {});
    template = new Template(facts.template);
    return {runs: model.runs, vocabulary: facts.vocabulary, context: facts.context, end: facts.end};
  },

  tokenize(written) {
    return pieces(encode(written));
  },

  chatTokens(messages) {
    return pieces(encode(template.render({messages, add_generation_prompt: true, eos_token: "", bos_token: ""})));
  },

  pieces(ids) {
    return pieces(ids);
  },

  async next(ids) {
    return {logits: await model.logits(ids)};
  },

  async write(ids, {maxNewTokens = 256, seed = 0, ...settings}, number) {
    const random = sampling.rng(seed);
    const all = [...ids];
    const limit = Math.min(maxNewTokens, facts.context - all.length);
    const stream = new Stream();
    let waited = performance.now();
    for (let count = 0; count < limit && !stopped.has(number); count++) {
      const id = sampling.next(await model.logits(all), {temperature: 0, ...settings}, random);
      if (facts.end.includes(id)) break;
      all.push(id);
      postMessage({number, token: {id, text: stream.add(id)}});
      if (performance.now() - waited > 20) {
        await new Promise((resolve) => setTimeout(resolve)); // let a stop be heard
        waited = performance.now();
      }
    }
    stopped.delete(number);
  },
};

onmessage = async ({data: {number, call, values, stop}}) => {
  if (stop) return stopped.add(stop);
  try {
    postMessage({number, value: await calls[call](...values, number)});
  } catch (error) {
    postMessage({number, fault: {code: error.code ?? codeOf(error), detail: error.detail ?? String(error)}});
  }
};

function codeOf(error) {
  if (error instanceof RangeError || /memory|allocat/i.test(error)) return "no-memory";
  return /fetch|network/i.test(error) ? "no-network" : "engine";
}

/** The bytes of a file of models.json, checked. */
async function bring({path, bytes, sha256}, onBlock) {
  let answer;
  const content = new Uint8Array(bytes);
  let filled = 0;
  try {
    answer = await fetch(new URL(path, import.meta.url));
    if (!answer.ok) throw new Fault("missing", `${path}: HTTP ${answer.status}`);
    const reader = answer.body.getReader();
    for (let block; !(block = await reader.read()).done; ) {
      if (filled + block.value.length <= bytes) content.set(block.value, filled);
      filled += block.value.length;
      onBlock(block.value.length);
    }
  } catch (error) {
    throw error.code ? error : new Fault("no-network", `${path}: ${error.message}`);
  }
  if (filled !== bytes || (await differs(content, sha256))) {
    for (const name of (await self.caches?.keys()) ?? []) await (await caches.open(name)).delete(answer.url);
    throw new Fault("damaged", path);
  }
  return content;
}

async function differs(content, sha256) {
  if (!self.crypto?.subtle) return false; // a page that came over plain http: the browser gives no hashes there
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== sha256;
}

function encode(text) {
  return tokenizer.encode(text, {add_special_tokens: false}).ids;
}

function decode(ids) {
  return tokenizer.decode(ids, {skip_special_tokens: false, clean_up_tokenization_spaces: false});
}

function pieces(ids) {
  return ids.map((id) => ({id, text: decode([id])}));
}

/** The text that each token adds: a character whose bytes are in several tokens comes with the last of them. */
class Stream {
  known = new Map(); // texts by number
  waiting = [];

  add(id) {
    if (!this.known.has(id)) this.known.set(id, decode([id]));
    const alone = this.known.get(id);
    if (!this.waiting.length && !alone.includes("\ufffd")) return alone;
    this.waiting.push(id);
    const text = decode(this.waiting);
    if (text.endsWith("\ufffd")) return "";
    this.waiting = [];
    return text;
  }
}
