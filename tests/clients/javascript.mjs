// The official JavaScript clients of the table: `node javascript.mjs CASES.json`, with URL, FAST and MODULES in the
// environment. Prints a JSON object a line: client, feature, and the answer, or the error with its HTTP status.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { URL: url, FAST: fast, MODULES: modules } = process.env;
const require = createRequire(join(modules, "here.js"));
const { OpenAI } = require("openai");
const { Ollama } = require("ollama");
const cases = JSON.parse(readFileSync(process.argv[2], "utf-8"));

/** Ask, and print what came of it. A stream becomes the list of its rows. */
async function tell(name, feature, ask, stream = false) {
  let row;
  try {
    let answer = await ask();
    if (stream) {
      const rows = [];
      for await (const one of answer) rows.push(one);
      answer = rows;
    }
    row = { answer: typeof answer === "string" ? { text: answer } : answer };
  } catch (error) {
    row = { error: String(error), status: error.status ?? error.status_code ?? 0 };
  }
  console.log(JSON.stringify({ client: `${name} (JavaScript)`, feature, ...row }));
}

/** The cases of cases.toml. */
async function ofCases(name, client) {
  for (const { feature, call, args, extra } of cases[name]) {
    const path = call.split(".");
    const method = path.pop();
    const owner = path.reduce((place, step) => place[step], client);
    const given = method === "retrieve" ? args.model : args && { ...args, ...extra };
    await tell(name, feature, () => owner[method](given), args?.stream);
  }
}

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "practice", maxRetries: 0 });
await ofCases("openai", openai);
await ofCases("ollama", new Ollama({ host: url }));
const weather = { ...cases.names.TOOLS[0].function, parse: JSON.parse, function: () => "Sunny." };
const asked = { model: fast, messages: cases.names.GARDEN, tools: [{ type: "function", function: weather }] };
await tell("openai", "runTools", () => openai.chat.completions.runTools(asked).finalContent());
