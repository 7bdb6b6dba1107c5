/** The front page: choose a model, chat with it, and draw its next token by hand. */
import {LiveError, MODELS, open} from "./engine.mjs";
import * as sampling from "./sampling.mjs";
import {chip, strip, visible} from "./tokens.mjs";
import {count, dress, keep, megabytes, percent, say} from "./words.mjs";

const NAMES = {"pico-mini": "pico-mini", smollm2: "SmolLM2"};
const MOST = 200; // tokens of an answer
const SHOWN = 12; // tokens in the chart
const CARD = "smollm2"; // pico-mini stays on the processor: to hand its steps to a card takes longer than to compute them
const GREEDY = {temperature: 0, topK: 0, topP: 1};
const $ = (id) => document.getElementById(id);

let model = null; // the one that answers
let wanted = null; // the name of the one that was chosen last
let chat = [];
let turn = 0; // how often a model was chosen
let card = null; // the promise of whether there is a graphics card
let queue = Promise.resolve(); // what is being done with the model
let writing = null; // the AbortController of the answer that is being written
let shown = 0; // how often the bars were drawn
let reading = null; // {ids, drawn, logits, random} of the next token's section

dress();
const examples = await fetch(new URL("examples.json", import.meta.url)).then((answer) => answer.json());
$("prompt").value = examples.prompt;
for (const place of ["inside", "outside"])
  for (const text of examples[place]) $(place).append(button(text, () => ask(text)));
for (const pick of document.querySelectorAll("[data-model]")) {
  const facts = MODELS[pick.dataset.model];
  pick.hidden = !facts && pick.dataset.model !== "pico-mini";
  if (!facts) continue;
  pick.disabled = false;
  pick.querySelector(".size").textContent = say(facts.bytes > 2e7 ? "size_kept" : "size", {size: megabytes(facts.bytes)});
  pick.addEventListener("click", () => choose(pick.dataset.model));
}
$("again").addEventListener("click", () => {
  document.querySelector(`[data-model="${wanted}"]`).focus(); // the button goes
  choose(wanted);
});
$("threads").addEventListener("click", () => location.reload());
$("device").addEventListener("change", () => wanted === CARD && choose(CARD));
$("chat").addEventListener("submit", (event) => {
  event.preventDefault();
  $("ask").focus(); // a button that is switched off would lose the focus
  ask($("ask").value);
});
$("ask").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) (event.preventDefault(), $("chat").requestSubmit());
});
$("ask").addEventListener("input", showTyped);
$("stop").addEventListener("click", () => ($("ask").focus(), writing?.abort()));
document.addEventListener("keydown", (event) => event.key === "Escape" && writing?.abort());
$("clear").addEventListener("click", clear);
$("reader").addEventListener("submit", (event) => (event.preventDefault(), guarded(read)));
$("guessing").addEventListener("submit", (event) => (event.preventDefault(), guarded(compare)));
for (const name of ["temperature", "top_k", "top_p"]) $(name).addEventListener("input", () => showBars());
$("seed").addEventListener("change", () => guarded(restart));
$("draw").addEventListener("click", () => guarded(draw));
$("restart").addEventListener("click", () => guarded(restart));
showTyped();
hasCard();
await keep();
await choose("pico-mini");

// ---- the model

/** Load a model and make it the one that answers. A later choice overtakes an earlier one. */
async function choose(name, note = "") {
  const mine = ++turn;
  wanted = name;
  writing?.abort();
  model?.close();
  model = reading = null;
  enable();
  fault(null);
  for (const id of ["guessing", "explorer", "threads"]) $(id).hidden = true;
  $("compared").textContent = "";
  for (const pick of document.querySelectorAll("[data-model]"))
    pick.setAttribute("aria-pressed", pick.dataset.model === name);
  const size = megabytes(MODELS[name]?.bytes ?? 0);
  $("state").textContent = say("loading", {model: NAMES[name], done: count(0), size});
  $("loading").hidden = false;
  $("progress").removeAttribute("value");
  const where = name === CARD && (await hasCard()) ? $("device").value : "wasm";
  try {
    const onProgress = (bytes, of) => mine === turn && progress(name, bytes, of);
    const opened = await open(name, {onProgress, device: where});
    if (mine !== turn) return opened.close();
    model = opened;
  } catch (error) {
    if (mine === turn) failed(error, name, where);
    return;
  } finally {
    if (mine === turn) $("loading").hidden = true;
  }
  const {engine, device, threads, precision} = model.runs;
  const runs = {model: NAMES[name], engine, device: say(`device_${device}`), threads: count(threads), precision};
  $("state").textContent = [note, say("ready", runs), say("runs", runs)].join(" ").trim();
  const more = device === "wasm" && (MODELS[name].threads ?? 1) > 1 && (navigator.hardwareConcurrency ?? 1) > 1;
  $("threads").hidden = !more || self.crossOriginIsolated || !navigator.serviceWorker?.controller;
  clear();
  enable();
  showTyped();
}

/** Whether SmolLM2 can compute on a graphics card; if so, the choice is shown. What only imitates one does not count,
 * unless the address asks for it (?device=webgpu). */
function hasCard() {
  card ??= (async () => {
    if (!MODELS[CARD]?.files.webgpu) return false;
    const patience = new Promise((resolve) => setTimeout(resolve, 10_000)); // with a driver that hangs, the processor serves
    const adapter = await Promise.race([navigator.gpu?.requestAdapter().catch(() => null), patience]);
    const imitated = adapter?.info?.isFallbackAdapter ?? adapter?.isFallbackAdapter;
    const found = Boolean(adapter) && (!imitated || new URLSearchParams(location.search).get("device") === "webgpu");
    $("where").hidden = !found;
    return found;
  })();
  return card;
}

/** A fault of a model. If a graphics card was at work, the processor takes over. */
function failed(error, name, where) {
  if (where !== "webgpu" || error.code === "damaged") return fault(error, name);
  $("device").value = "wasm";
  return choose(name, say("card_failed", {model: NAMES[name], detail: error.detail || error.message}));
}

function progress(name, bytes, of) {
  if (model) return;
  $("progress").value = bytes / of;
  const told = bytes < of ? say("loading", {model: NAMES[name], done: megabytes(bytes), size: megabytes(of)}) : say("starting", {model: NAMES[name]});
  if ($("state").dataset.tenth !== String(Math.floor((10 * bytes) / of))) $("state").textContent = told; // not read aloud at each block
  $("state").dataset.tenth = Math.floor((10 * bytes) / of);
}

/** What can be pressed now. */
function enable() {
  $("send").disabled = $("read").disabled = !model || writing !== null;
  $("draw").disabled = $("restart").disabled = $("compare").disabled = !model || writing !== null;
  for (const example of document.querySelectorAll(".examples button")) example.ariaDisabled = !model || writing !== null; // keeps the focus
  $("stop").disabled = writing === null;
}

/** Say what happened and what to do, or take it back. */
function fault(error, name = wanted) {
  $("again").hidden = !error;
  if (!error) return $("fault").replaceChildren();
  const code = error instanceof LiveError ? error.code.replace("-", "_") : "engine";
  const key = say(`fault_${code}`) === `fault_${code}` ? "fault_engine" : `fault_${code}`;
  $("fault").textContent = say(key, {model: NAMES[name] ?? name, detail: error.detail || error.message});
  $("state").textContent = "";
}

/** Do something with the model, after what is being done. */
function guarded(work) {
  if (!model || writing) return;
  const mine = model;
  queue = queue.then(async () => {
    try {
      if (mine === model) await work(mine);
    } catch (error) {
      if (mine === model) failed(error, mine.name, mine.runs.device);
    }
  });
}

// ---- the chat

async function ask(text) {
  if (!model || writing || !text.trim()) return;
  writing = new AbortController();
  const {signal} = writing;
  const mine = model, before = chat;
  enable();
  $("ask").value = "";
  showTyped();
  $("told").textContent = say("writing", {model: NAMES[mine.name]});
  try {
    await queue;
    const messages = [...before, {role: "user", content: text}];
    const own = entry("you", say("you"));
    (await mine.tokenize(text)).forEach((token, place) => own.text.append(chip(token, place, true)));
    const ids = (await mine.chatTokens(messages)).map((token) => token.id);
    if (ids.length + 8 > (mine.context ?? Infinity)) return full(own);
    const answer = await write(mine, ids, signal);
    if (chat === before) chat = [...messages, {role: "assistant", content: answer}]; // not where it was cleared
  } catch (error) {
    if (mine !== model) return;
    $("ask").value ||= text; // to be asked again
    failed(error, mine.name, mine.runs.device);
  } finally {
    if (signal === writing?.signal) writing = null;
    enable();
  }
}

/** Write an answer into the chat as it comes; returns its text. */
async function write(mine, ids, signal) {
  const answer = entry("model", NAMES[mine.name]);
  const settings = $("in_chat").checked ? settled() : GREEDY;
  const follow = follower(answer.item);
  let text = "", place = 0, first = 0, last = 0;
  for await (const token of mine.write(ids, {...settings, seed: seed(), maxNewTokens: MOST, signal})) {
    first ||= token.msSinceStart;
    last = token.msSinceStart;
    text += token.text;
    answer.text.append(chip(token, place++, true));
    follow();
  }
  const gaps = {tokens: count(place), first: count(first), rate: count((1000 * (place - 1)) / Math.max(last - first, 0.1))};
  const notes = [place === 0 ? say("silent") : say(place === 1 ? "one_token" : "measured", gaps)];
  if (signal.aborted) notes.push(say("stopped"));
  else if (place === MOST) notes.push(say("cut", gaps));
  if (!answer.item.isConnected) return text;
  answer.note.textContent = notes.join(" ");
  $("told").textContent = say("said", {model: NAMES[mine.name], answer: text.trim()});
  return text;
}

/** Keeps the end of an element in sight as it grows, once a frame, unless the reader has scrolled away from it. */
function follower(element) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      const below = element.getBoundingClientRect().bottom - innerHeight;
      if (below > 0 && below < 80) element.scrollIntoView({block: "nearest"});
    });
  };
}

function full(own) {
  own.item.remove();
  $("told").textContent = "";
  const note = entry("note", "");
  note.text.textContent = say("full", {model: NAMES[model.name], context: count(model.context)});
}

/** A new entry of the chat: {item, text, note}. */
function entry(kind, who) {
  const item = document.createElement("li");
  item.className = kind;
  const [name, text, note] = ["who", "text", "quiet"].map((style) => {
    const part = document.createElement("div");
    part.className = style;
    item.append(part);
    return part;
  });
  name.textContent = who;
  if (kind !== "note") text.lang = "en";
  $("log").append(item);
  item.scrollIntoView({block: "nearest"});
  return {item, text, note};
}

function clear() {
  writing?.abort();
  chat = [];
  $("log").replaceChildren();
  $("told").textContent = "";
}

/** The tokens of what is being typed. */
async function showTyped() {
  const text = $("ask").value;
  const tokens = model && text ? await model.tokenize(text).catch(() => []) : [];
  if (text !== $("ask").value) return; // overtaken
  strip($("typed"), tokens);
  $("typed-ids").textContent = tokens.map((token) => token.id).join(" ");
  const gaps = {tokens: count(tokens.length), characters: count([...text].length)};
  $("typed-count").textContent = say(text ? "typed" : "typed_none", gaps);
}

// ---- the next token

/** The settings as they stand, named as in sampling.mjs. */
function settled() {
  return {temperature: $("temperature").valueAsNumber, topK: $("top_k").valueAsNumber, topP: $("top_p").valueAsNumber};
}

function seed() {
  return Math.floor($("seed").valueAsNumber || 0) >>> 0;
}

/** The model reads the prompt; the guess comes before the bars. */
async function read(mine) {
  const content = $("prompt").value.trim();
  if (!content) return $("prompt").focus();
  const ids = (await mine.chatTokens([{role: "user", content}])).map((token) => token.id);
  reading = {ids, drawn: [], logits: (await mine.next(ids)).logits, random: sampling.rng(seed())};
  $("explorer").hidden = true;
  $("guessing").hidden = false;
  $("compared").textContent = $("guess").value = "";
  $("guess").focus();
}

/** Where the guess stands among all tokens, and the bars. */
async function compare(mine) {
  const probabilities = sampling.softmax(reading.logits);
  const [top] = sampling.likeliest(probabilities, 1);
  const guess = $("guess").value.trim();
  // the word may begin a line or follow a space: the likelier of both counts
  const firsts = guess ? await Promise.all([guess, ` ${guess}`].map(async (text) => (await mine.tokenize(text))[0])) : [];
  firsts.sort((a, b) => probabilities[b.id] - probabilities[a.id]);
  const gaps = {top: await named(mine, top), top_share: percent(probabilities[top]), count: count(probabilities.length)};
  let key = "guess_none";
  if (firsts.length) {
    const share = probabilities[firsts[0].id];
    key = firsts[0].id === top ? "guess_right" : "guess_rank";
    const rank = 1 + probabilities.reduce((above, other) => above + (other > share), 0);
    Object.assign(gaps, {guess: visible(firsts[0].text), share: percent(share), rank: count(rank)});
  }
  $("compared").textContent = say(key, gaps);
  $("guessing").hidden = true;
  $("explorer").hidden = false;
  await showBars();
  $("draw").focus();
}

/** The text of a token by its number. */
async function named(mine, id) {
  return visible((await mine.pieces([id]))[0].text);
}

/** Bars, numbers and what can be drawn, after the settings as they stand. A later call overtakes an earlier one. */
async function showBars() {
  const turn = ++shown;
  for (const name of ["temperature", "top_k", "top_p"]) $(`${name}-now`).textContent = count($(name).valueAsNumber, 2);
  if (!reading) return;
  $("bars").ariaBusy = "true";
  const {before, after, kept} = sampling.distribution(reading.logits, settled());
  const ids = sampling.likeliest(before.map((share, id) => share + after[id]), SHOWN).sort((a, b) => before[b] - before[a]);
  const tokens = await model.pieces([...ids, ...reading.drawn]);
  if (turn !== shown || !reading) return;
  $("bars").replaceChildren(...ids.map((id, place) => row(visible(tokens[place].text), before[id], after[id], kept[id])));
  let open = 0, share = 0;
  kept.forEach((stays, id) => stays && ((open += 1), (share += before[id])));
  $("left").textContent = say("left", {kept: count(open), count: count(kept.length), share: percent(share)});
  strip($("drawn"), tokens.slice(ids.length));
  if (!reading.drawn.length) $("drawn").textContent = say("nothing");
  if (ended()) $("drawn").append(` ${say("the_end")}`);
  if (ended() && document.activeElement === $("draw")) $("restart").focus();
  $("draw").disabled = ended();
  $("bars").ariaBusy = "false";
}

function row(name, before, after, kept) {
  const line = document.createElement("tr");
  const cell = (kind, text, style) => {
    const element = document.createElement(kind);
    element.textContent = text;
    element.className = style;
    line.append(element);
    return element;
  };
  cell("th", name, "").scope = "row";
  cell("td", percent(before), "number");
  cell("td", kept ? percent(after) : say("cut_token"), "number");
  const track = document.createElement("div");
  track.className = "track";
  track.ariaHidden = "true";
  for (const [style, share] of [["now", after], ["model-bar", before]]) {
    const bar = document.createElement("i");
    bar.className = style;
    bar.style.width = `${100 * share}%`;
    track.append(bar);
  }
  cell("td", "", "bars").append(track);
  return line;
}

function ended() {
  return reading.drawn.length > 0 && model.end.includes(reading.drawn.at(-1));
}

/** Draw a token, append it, and let the model read on. */
async function draw(mine) {
  if (ended()) return;
  const id = sampling.next(reading.logits, settled(), reading.random);
  reading.drawn.push(id);
  if (!ended()) reading.logits = (await mine.next([...reading.ids, ...reading.drawn])).logits;
  await showBars();
  const [{text}] = await mine.pieces([id]);
  $("drew").textContent = ended() ? say("ended") : say("drew", {token: visible(text), left: $("left").textContent});
}

async function restart(mine) {
  if (!reading) return;
  reading.drawn = [];
  reading.random = sampling.rng(seed());
  reading.logits = (await mine.next(reading.ids)).logits;
  $("drew").textContent = "";
  await showBars();
}

function button(text, press) {
  const element = document.createElement("button");
  element.type = "button";
  element.lang = "en";
  element.textContent = text;
  element.addEventListener("click", press);
  return element;
}
