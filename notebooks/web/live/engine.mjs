/** A language model in the page. It runs in a Web Worker (worker.mjs), so that the page never blocks. */

/** A fault with a code that the page has words for, and a detail for whoever looks closer. */
export class LiveError extends Error {
  constructor(code, detail = "") {
    super(`${code}: ${detail}`);
    Object.assign(this, {name: "LiveError", code, detail: String(detail)});
  }
}

/** What models.json says: by name the size in bytes, the files with their hashes, and which engine runs it. */
export const MODELS = await fetch(new URL("models.json", import.meta.url)).then(
  (answer) => (answer.ok ? answer.json() : {}),
  () => ({}),
);

// The smallest module that uses SIMD: an engine without it would be ten times slower, and ours have none.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

/**
 * Open a model by its name in MODELS. `onProgress(bytes, of)` tells how much of it has come. It runs on the processor,
 * or with `device: "webgpu"` on the graphics card, for which it needs files.webgpu in MODELS.
 * Throws LiveError: "no-model", "no-wasm", "no-simd", "no-memory", "no-network", "missing", "damaged" or "engine".
 */
export async function open(name, {onProgress = () => {}, threads, device = "wasm"} = {}) {
  if (!Object.hasOwn(MODELS, name)) throw new LiveError("no-model", name);
  if (typeof WebAssembly !== "object") throw new LiveError("no-wasm");
  if (!WebAssembly.validate(new Uint8Array(SIMD))) throw new LiveError("no-simd");
  const model = new Model(name, onProgress);
  try {
    Object.assign(model, await model._ask("open", name, MODELS[name], threads, device));
  } catch (error) {
    model.close();
    throw error;
  }
  return model;
}

class Model {
  constructor(name, onProgress) {
    this.name = name;
    this.bytes = MODELS[name].bytes;
    this._calls = new Map(); // by number: what to do with what the worker says of it
    this._number = 0;
    this._onProgress = onProgress;
    this._worker = new Worker(new URL("worker.mjs", import.meta.url), {type: "module"});
    this._worker.onmessage = ({data}) => this._hear(data);
    this._worker.onerror = ({message}) => // without one, its script or what that imports could not be read
      this._end(message ? new LiveError("engine", message) : new LiveError("no-network", "worker.mjs"));
  }

  /** The tokens of a text, each {id, text}. */
  tokenize(text) {
    return this._ask("tokenize", text);
  }

  /** The tokens of a chat, [{role, content}, …], as the model's chat template writes it. */
  chatTokens(messages) {
    return this._ask("chatTokens", messages);
  }

  /** The texts of tokens by their numbers, each {id, text}. */
  pieces(ids) {
    return this._ask("pieces", ids);
  }

  /** The logits of the token after these, {logits: Float32Array} over the whole vocabulary. */
  next(ids) {
    return this._ask("next", ids);
  }

  /**
   * Go on writing after these tokens: {id, text, msSinceStart} one after the other, up to an end token of the model,
   * `maxNewTokens`, or the abort of `signal`. At temperature 0 the likeliest token is taken each time.
   */
  async *write(ids, {signal, ...sampling} = {}) {
    const said = [];
    let wake = () => {};
    const number = ++this._number;
    const began = performance.now();
    this._calls.set(number, (data) => (said.push(data), wake()));
    const stop = () => this._worker.postMessage({stop: number});
    signal?.addEventListener("abort", stop);
    this._worker.postMessage({number, call: "write", values: [ids, sampling]});
    try {
      for (;;) {
        while (said.length) {
          const {token, fault} = said.shift();
          if (fault) throw new LiveError(fault.code, fault.detail);
          if (!token || signal?.aborted) return;
          yield {...token, msSinceStart: performance.now() - began};
        }
        await new Promise((resolve) => (wake = resolve));
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      if (this._calls.delete(number)) stop();
    }
  }

  /** End the model and give its memory back. */
  close() {
    this._worker.terminate();
    this._end(new LiveError("closed", this.name));
  }

  _ask(call, ...values) {
    const number = ++this._number;
    return new Promise((resolve, reject) => {
      this._calls.set(number, ({value, fault}) => {
        this._calls.delete(number);
        if (fault) reject(new LiveError(fault.code, fault.detail));
        else resolve(value);
      });
      this._worker.postMessage({number, call, values});
    });
  }

  _hear(data) {
    if (data.progress) this._onProgress(...data.progress);
    else this._calls.get(data.number)?.(data);
  }

  _end(error) {
    for (const hear of [...this._calls.values()]) hear({fault: error});
  }
}
