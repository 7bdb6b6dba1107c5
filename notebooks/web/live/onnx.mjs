/** A model in ONNX form, run by onnxruntime-web in WebAssembly. */
import * as ort from "./vendor/ort.mjs";

export class OnnxModel {
  static async open(facts, files, read, threads) {
    ort.env.wasm.wasmPaths = new URL("./vendor/", import.meta.url).href;
    ort.env.wasm.numThreads = threads;
    const [graph, data] = await Promise.all([read(files.model), read(files.weights)]);
    const externalData = [{path: "model.onnx.data", data}];
    const session = await ort.InferenceSession.create(graph, {executionProviders: ["wasm"], externalData, logSeverityLevel: 3});
    const model = new OnnxModel(facts, session, threads);
    await model.warm();
    return model;
  }

  constructor(facts, session, threads) {
    this.session = session;
    this.facts = facts;
    this.runs = {engine: "onnxruntime-web", device: "wasm", threads, precision: facts.precision};
    this.forget();
  }

  forget() {
    const {layers, heads, headSize} = this.facts;
    this.seen = [];
    this.past = {};
    for (let layer = 0; layer < layers; layer++)
      for (const kind of ["key", "value"])
        this.past[`past_key_values.${layer}.${kind}`] = new ort.Tensor("float32", new Float32Array(0), [1, heads, 0, headSize]);
  }

  /** Some steps for nobody: the browser compiles well what it has seen running, and the first answer should have that. */
  async warm(milliseconds = 300) {
    const began = performance.now();
    for (const ids = [0]; performance.now() - began < milliseconds && ids.length < 64; ids.push(0)) await this.logits(ids);
    this.forget();
  }

  /** The logits after these tokens. What they have in common with the last ones is in the KV cache. */
  async logits(ids) {
    let same = 0;
    while (same < this.seen.length && same < ids.length - 1 && this.seen[same] === ids[same]) same++;
    if (same < this.seen.length) this.crop(same);
    const fresh = ids.slice(same);
    const feeds = {
      input_ids: new ort.Tensor("int64", BigInt64Array.from(fresh, BigInt), [1, fresh.length]),
      past: new ort.Tensor("int32", [ids.length - 1], [1]),
      total: new ort.Tensor("int32", [ids.length], []),
      ...this.past,
    };
    const found = await this.session.run(feeds);
    for (const name of Object.keys(this.past)) this.past[name] = found[name.replace("past_key_values", "present")];
    this.seen = [...ids];
    return found.logits.data;
  }

  crop(length) {
    if (length === 0) return this.forget();
    const {heads, headSize} = this.facts;
    for (const [name, tensor] of Object.entries(this.past)) {
      const shorter = new Float32Array(heads * length * headSize);
      const long = tensor.dims[2] * headSize;
      for (let head = 0; head < heads; head++)
        shorter.set(tensor.data.subarray(head * long, head * long + length * headSize), head * length * headSize);
      this.past[name] = new ort.Tensor("float32", shorter, [1, heads, length, headSize]);
    }
    this.seen.length = length;
  }
}
