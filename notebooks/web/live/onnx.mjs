/** A model in ONNX form, run by onnxruntime-web: in WebAssembly, or by WebGPU on a graphics card. */
import * as processor from "./vendor/ort.mjs";

export class OnnxModel {
  static async open(facts, files, read, threads, device) {
    // Another file of WebAssembly, twice as large: it comes only where it is wanted.
    const ort = device === "webgpu" ? await import("./vendor/ort.webgpu.mjs") : processor;
    ort.env.wasm.wasmPaths = new URL("./vendor/", import.meta.url).href;
    ort.env.wasm.numThreads = threads;
    const [graph, data] = await Promise.all([read(files.graph), read(files.weights)]);
    const cache = Array.from({length: facts.layers}, (_, layer) => [`${layer}.key`, `${layer}.value`]).flat();
    const options = {executionProviders: [device], externalData: [{path: "model.onnx.data", data}], logSeverityLevel: 3};
    if (device === "webgpu") // the KV cache stays on the card
      options.preferredOutputLocation = Object.fromEntries(cache.map((name) => [`present.${name}`, "gpu-buffer"]));
    const session = await ort.InferenceSession.create(graph, options);
    const model = new OnnxModel({facts, ort, session, cache, threads, device});
    if (device === "webgpu") model.watch(await ort.env.webgpu.device);
    await model.warm();
    return model;
  }

  constructor({facts, ort, session, cache, threads, device}) {
    Object.assign(this, {facts, ort, session, cache, past: {}, seen: [], fail: () => {}, gone: null});
    this.runs = {engine: "onnxruntime-web", device, threads, precision: facts.precision};
    this.forget();
  }

  forget() {
    const {heads, headSize} = this.facts;
    this.seen = [];
    for (const name of this.cache) this.keep(name, new this.ort.Tensor("float32", new Float32Array(0), [1, heads, 0, headSize]));
  }

  /** A part of the KV cache in place of the last one, whose room on the card is free again. */
  keep(name, tensor) {
    const old = this.past[`past_key_values.${name}`];
    if (old?.location === "gpu-buffer") old.dispose();
    this.past[`past_key_values.${name}`] = tensor;
  }

  /** A card can go while it computes, or lack room: WebGPU tells its device, and not whoever waits for an answer. */
  watch(device) {
    const end = (reason) => this.fail((this.gone ??= new Error(reason)));
    device.lost.then(({message}) => end(message || "device lost"));
    device.addEventListener("uncapturederror", ({error}) => end(error.message));
  }

  run(feeds) {
    if (this.runs.device !== "webgpu") return this.session.run(feeds);
    return new Promise((resolve, reject) => {
      this.fail = reject;
      if (this.gone) reject(this.gone);
      else this.session.run(feeds).then(resolve, reject);
    });
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
    if (same < this.seen.length) await this.crop(same);
    const fresh = ids.slice(same), {ort} = this;
    const feeds = {
      input_ids: new ort.Tensor("int64", BigInt64Array.from(fresh, BigInt), [1, fresh.length]),
      past: new ort.Tensor("int32", [ids.length - 1], [1]),
      total: new ort.Tensor("int32", [ids.length], []),
      ...this.past,
    };
    const found = await this.run(feeds);
    for (const name of this.cache) this.keep(name, found[`present.${name}`]);
    this.seen = [...ids];
    return found.logits.data;
  }

  async crop(length) {
    if (length === 0) return this.forget();
    const {heads, headSize} = this.facts;
    for (const name of this.cache) {
      const tensor = this.past[`past_key_values.${name}`], data = await tensor.getData();
      const shorter = new Float32Array(heads * length * headSize);
      const long = tensor.dims[2] * headSize;
      for (let head = 0; head < heads; head++)
        shorter.set(data.subarray(head * long, head * long + length * headSize), head * length * headSize);
      this.keep(name, new this.ort.Tensor("float32", shorter, [1, heads, length, headSize]));
    }
    this.seen.length = length;
  }
}
