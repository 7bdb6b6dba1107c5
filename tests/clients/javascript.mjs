// The official JavaScript clients of the table: `node javascript.mjs CASES.json`, with URL and MODULES in the
// environment. Prints a row of JSON for each feature; what a case may have is explained in cases.toml.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { URL: url, MODULES: modules } = process.env;
const require = createRequire(pathToFileURL(join(modules, "here.js")));
const { OpenAI } = require("openai");
const { Ollama } = require("ollama");
const cases = JSON.parse(readFileSync(process.argv[2], "utf-8"));

/** What an answer has at `choices.0.message`; `#` is a length, `{}` a text as JSON. */
function at(answer, path) {
  for (const step of path.split(".")) {
    try {
      if (step === "#") answer = answer.length;
      else if (step === "{}") answer = JSON.parse(answer);
      else answer = Array.isArray(answer) ? answer.at(Number(step)) : answer[step];
    } catch {
      return undefined;
    }
  }
  return answer;
}

const empty = (value) => value == null || value === "" || (typeof value === "object" && !Object.keys(value).length);

/** The outcome, and what is missing. */
function judged(answer, wanted) {
  const near = JSON.stringify(answer)?.slice(-150);
  for (const path of wanted.look ?? []) {
    if (empty(at(answer, path))) return ["dialect", `${path} is missing in ${near}`];
  }
  for (const [path, value] of Object.entries(wanted.equal ?? {})) {
    if (at(answer, path) !== value) return ["dialect", `${path} is ${at(answer, path)}, not ${value} in ${near}`];
  }
  for (const [path, [low, high]] of Object.entries(wanted.between ?? {})) {
    const value = at(answer, path);
    if (!(low <= value && value <= high)) return ["dialect", `${path} is ${value}, not ${low} to ${high}`];
  }
  const lacks = (wanted.model ?? []).find((path) => empty(at(answer, path)));
  return lacks ? ["model", `no ${lacks} in ${JSON.stringify(answer).slice(0, 200)}`] : ["works", ""];
}

async function check(name, feature, wanted, ask) {
  const rule = wanted.must ?? wanted.may;
  let outcome, text;
  try {
    let answer = await ask();
    if (wanted.args?.stream) {
      const rows = [];
      for await (const row of answer) rows.push(row);
      answer = rows;
    }
    [outcome, text] = wanted.must ? ["dialect", `accepted, against: ${rule}`] : judged(answer, wanted);
  } catch (error) {
    const ends = [400, 404].includes(error.status ?? error.status_code) || (rule && name.startsWith("ollama"));
    [outcome, text] = rule && ends ? ["refused", `${rule} | ${error}`] : ["dialect", String(error)];
  }
  text = text.replace(/\s+/g, " ").slice(0, 300);
  console.log(JSON.stringify({ client: `${name} (JavaScript)`, feature, outcome, text }));
}

async function official(name, client, list) {
  for (const wanted of list) {
    const path = wanted.call.split(".");
    const owner = path.slice(0, -1).reduce((place, step) => place[step], client);
    const args = wanted.args && { ...wanted.args, ...wanted.extra };
    const given = args?.model && path.at(-1) === "retrieve" ? args.model : args;
    await check(name, wanted.feature, wanted, () => owner[path.at(-1)](given));
  }
}

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "practice", maxRetries: 0, timeout: 120000 });
await official("openai", openai, cases.openai);
await official("ollama", new Ollama({ host: url }), cases.ollama);
const tool = { type: "function", function: { ...cases.names.TOOLS[0].function, parse: JSON.parse, function: () => "Sunny." } };
const asked = { model: process.env.FAST, messages: cases.names.GARDEN, tools: [tool] };
await check("openai", "runTools", { look: [""] }, async () => ({ "": await openai.chat.completions.runTools(asked).finalContent() }));
