/** The words of the page: words.json, or words.LANGUAGE.json for `?lang=LANGUAGE`. Text is never put in as HTML. */

const asked = new URLSearchParams(location.search).get("lang") ?? "en";
export const language = /^[a-z]{2,3}(-[A-Za-z]{2,4})?$/.test(asked) ? asked : "en";

const json = (name) => fetch(new URL(name, import.meta.url)).then((answer) => (answer.ok ? answer.json() : null), () => null);
const [english, other] = await Promise.all([json("words.json"), language === "en" ? null : json(`words.${language}.json`)]);
const words = {...english, ...other};

/** False where the language that was asked for is not there. */
export const translated = language === "en" || other !== null;
export const shown = translated ? language : "en";

/** The text called `key`, its {gaps} filled. */
export function say(key, gaps = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (gap, name) => gaps[name] ?? gap);
}

/** A number as the language writes it. */
export function count(number, digits = 0) {
  return number.toLocaleString(shown, {maximumFractionDigits: digits});
}

/** A probability in percent, as in notebook 04. */
export function percent(share) {
  const one = (value) => value.toLocaleString(shown, {style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1});
  return share < 0.0005 ? `<${one(0.001)}` : one(share);
}

/** Bytes as megabytes: whole ones from ten on. */
export function megabytes(bytes) {
  return count(bytes / 1e6, bytes < 1e7 ? 1 : 0);
}

/** Fill all elements that name their word by data-word, data-label (read aloud) or data-hint (in an empty field). */
export function fill(root = document) {
  document.documentElement.lang = shown;
  if (words.direction) document.documentElement.dir = words.direction;
  document.title = say(document.documentElement.dataset.title ?? "title");
  for (const element of root.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  for (const element of root.querySelectorAll("[data-hint]")) element.placeholder = say(element.dataset.hint);
}

/** What every page does: its words, links into the course in its language, and the switch between light and dark. */
export function dress() {
  fill();
  for (const link of document.querySelectorAll("[data-page]")) link.href = `${shown}/${link.dataset.page}`;
  for (const link of document.querySelectorAll("[data-here]")) link.href = `${link.dataset.here}?lang=${shown}`;
  for (const link of document.querySelectorAll("[data-lang]"))
    if (link.dataset.lang === shown) link.setAttribute("aria-current", "page");
  const root = document.documentElement, button = document.getElementById("dark");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const show = () => button.setAttribute("aria-pressed", dark());
  try { // a browser may forbid to keep anything
    if (localStorage.theme) root.dataset.theme = localStorage.theme;
  } catch {}
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    show();
    try {
      localStorage.theme = root.dataset.theme;
    } catch {}
  });
  show();
  if (!translated) {
    const notice = document.getElementById("notice");
    notice.textContent = say("no_language");
    notice.hidden = false;
  }
}

/**
 * Let the service worker keep what the page loads, so that it works offline. Resolves when it does, or cannot; the page
 * is never reloaded.
 */
export async function keep() {
  const workers = navigator.serviceWorker; // not there on plain http, nor in some private windows
  if (!workers) return;
  try {
    const come = new Promise((resolve) => workers.addEventListener("controllerchange", resolve, {once: true}));
    await workers.register(new URL("sw.js", import.meta.url));
    if (!workers.controller) await Promise.race([come, new Promise((resolve) => setTimeout(resolve, 1500))]);
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
    workers.controller?.postMessage({keep: [location.href, ...loaded]});
  } catch {}
}
