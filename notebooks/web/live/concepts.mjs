/** Three ideas of notebooks 01, 04 and 06 to try by hand: tokens of several languages, the attention mask, rounding. */
import {mask, quantize} from "./arithmetic.mjs";
import {LiveError, open} from "./engine.mjs";
import {strip, visible} from "./tokens.mjs";
import {count, dress, keep, say} from "./words.mjs";

const $ = (id) => document.getElementById(id);
const MOST = 12; // tokens in the mask

dress();
const examples = await fetch(new URL("examples.json", import.meta.url)).then((answer) => answer.json());
$("seen").value = examples.mask;
$("weights").value = examples.weights.join("  ");
const rows = examples.languages.map(languageRow);
$("window").addEventListener("input", showMask);
$("seen").addEventListener("input", showMask);
$("weights").addEventListener("input", showRounding);
$("bits").addEventListener("input", showRounding);
$("outlier").addEventListener("click", () => {
  $("weights").value = [...numbers(), 8].join("  ");
  showRounding();
});
$("show").addEventListener("click", () => {
  rows.forEach((show) => show());
  $("text-0").focus(); // the button goes
  $("show").hidden = true;
});
let model = null;
showRounding();
await keep();
try {
  model = await open("pico-mini"); // its tokenizer cuts the texts
  $("show").disabled = false;
  await showMask();
} catch (error) {
  const key = `fault_${error instanceof LiveError ? error.code.replace("-", "_") : "engine"}`;
  $("fault").textContent = say(key, {model: "pico-mini", detail: error.detail ?? error.message});
}

/** A field for a text, with its tokens below; returns what shows them. */
function languageRow({language, text}, place) {
  const label = document.createElement("label"), field = document.createElement("input"), counted = document.createElement("p");
  const tokens = document.createElement("p");
  label.textContent = new Intl.DisplayNames([document.documentElement.lang], {type: "language"}).of(language);
  label.htmlFor = field.id = `text-${place}`;
  Object.assign(field, {value: text, lang: language, autocomplete: "off", className: "whole"});
  tokens.className = "tokens";
  tokens.ariaHidden = "true";
  $("rows").append(label, field, tokens, counted);
  const show = async () => {
    const written = field.value, cut = await model.tokenize(written);
    if (written !== field.value) return; // overtaken
    strip(tokens, cut);
    const characters = [...written].length;
    const rate = cut.length ? characters / cut.length : 0;
    counted.textContent = say("c_counted", {tokens: count(cut.length), characters: count(characters), rate: count(rate, 1)});
  };
  field.addEventListener("input", () => $("show").hidden && show());
  return show;
}

/** A row of ■ and · for each token; the number of open places below. */
async function showMask() {
  if (!model) return;
  const written = $("seen").value, tokens = (await model.tokenize(written)).slice(0, MOST);
  if (written !== $("seen").value) return;
  $("window").max = MOST;
  const size = $("window").valueAsNumber;
  $("window-now").textContent = count(size);
  const table = mask(tokens.length, size);
  $("mask").replaceChildren(
    ...table.map((row, place) => {
      const line = document.createElement("tr"), name = document.createElement("th");
      name.scope = "row";
      name.textContent = visible(tokens[place].text);
      line.append(name, ...row.map((sees) => cell(sees ? "■" : "·", sees ? "sees" : "")));
      return line;
    }),
  );
  const seen = table.flat().filter(Boolean).length, all = mask(tokens.length).flat().filter(Boolean).length;
  $("open").textContent = say("c_open", {seen: count(seen), all: count(all), share: count(all ? (100 * seen) / all : 0)});
}

function numbers() {
  return ($("weights").value.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number).slice(0, 32);
}

/** The weights, their whole numbers, what these give back, and how far off that is. */
function showRounding() {
  const weights = numbers(), bits = $("bits").valueAsNumber;
  $("bits-now").textContent = count(bits);
  if (!weights.length) {
    $("numbers").replaceChildren();
    $("rounded").textContent = say("c_no_weights");
    return;
  }
  const {scale, whole, back, error} = quantize(weights, bits);
  $("numbers").replaceChildren(
    ...weights.map((weight, place) => {
      const line = document.createElement("tr");
      const values = [count(weight, 3), count(whole[place]), count(back[place], 3), count(Math.abs(weight - back[place]), 3)];
      line.append(...values.map((value) => cell(value, "number")));
      return line;
    }),
  );
  const most = count(2 ** (bits - 1) - 1);
  $("rounded").textContent = say("c_rounded", {scale: count(scale, 4), most, error: count(error, 4)});
}

function cell(text, style) {
  const element = document.createElement("td");
  element.textContent = text;
  element.className = style;
  return element;
}
