/**
 * Keeps what the page loads, so that it works without a network, and sends the two headers that let WebAssembly use
 * threads where the host of the site cannot (GitHub Pages). Models come from the cache first; everything else from
 * the network while there is one, asked whether it has changed.
 */
const KEPT = "course-live-1";
const LARGE = /\/models\/[^?]*$/; // their hashes stand in models.json
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("fetch", (event) => {
  const {request} = event;
  const ours = request.url.startsWith(self.registration.scope) && request.method === "GET" && !request.headers.has("range");
  if (ours) event.respondWith(answer(event, request));
});
self.addEventListener("message", (event) => event.waitUntil(keepAll(event.data.keep ?? [])));

async function begin() {
  for (const name of await caches.keys()) if (name.startsWith("course-live-") && name !== KEPT) await caches.delete(name);
  await self.clients.claim();
}

/** The page's own files that came before this worker did. */
async function keepAll(addresses) {
  const cache = await caches.open(KEPT);
  for (const address of addresses)
    if (address.startsWith(self.registration.scope) && !(await cache.match(address))) await cache.add(address).catch(() => {});
}

async function answer(event, request) {
  const cache = await caches.open(KEPT).catch(() => null); // no room, or forbidden
  const kept = () => cache?.match(request, {ignoreSearch: request.mode === "navigate"});
  if (LARGE.test(request.url)) {
    const found = await kept();
    if (found) return isolated(found);
  }
  let fresh;
  try {
    fresh = await fetch(request, request.mode === "navigate" ? {} : {cache: "no-cache"});
  } catch (error) {
    const found = await kept();
    if (found) return isolated(found);
    throw error;
  }
  if (cache && fresh.status === 200 && fresh.type === "basic") {
    if (request.url.endsWith("/models.json")) await forgetOld(cache, request, fresh.clone());
    event.waitUntil(cache.put(request, fresh.clone()).catch(() => {})); // a full disk is no fault of the page
  }
  return isolated(fresh);
}

/** A new build of the site may bring other weights: those whose hash has changed are not kept. */
async function forgetOld(cache, request, fresh) {
  const old = await cache.match(request);
  if (!old) return;
  const files = (models) => Object.values(models).flatMap((model) => Object.values(model.files ?? {}));
  const now = new Set(files(await fresh.json()).map((file) => `${file.path} ${file.sha256}`));
  for (const file of files(await old.json()))
    if (!now.has(`${file.path} ${file.sha256}`)) await cache.delete(new URL(file.path, request.url));
}

function isolated(answer) {
  if (answer.status !== 200) return answer;
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(answer.body, {status: answer.status, statusText: answer.statusText, headers});
}
