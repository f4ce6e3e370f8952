/**
 * The service worker: the page opens without a network, and then says itself that the reader cannot be reached.
 *
 * The page comes from the network as long as that answers. Its files have their version in their address, so what is
 * kept of them is never out of date; what a new page no longer names is thrown away. Questions are left alone.
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const KEPT = "page";

/** After so long without an answer the page of last time is shown. */
const PATIENCE_MS = 3_000;

worker.addEventListener("install", (event) => {
  event.waitUntil(fetch("./", { cache: "no-cache" }).then(keep).then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  const root = new URL("./", worker.location.href).pathname;
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && pathname === root) event.respondWith(page(event));
  else if (pathname.startsWith(`${root}static/`)) event.respondWith(file(request));
});

/** @param {FetchEvent} event */
async function page(event) {
  const kept = await (await caches.open(KEPT)).match("./");
  const patience = new AbortController();
  const timer = kept ? setTimeout(() => patience.abort(), PATIENCE_MS) : 0;
  try {
    const response = await fetch(event.request, { signal: patience.signal });
    clearTimeout(timer); // what has begun to arrive is waited for
    if (!response.ok && kept) return kept;
    event.waitUntil(keep(response.clone()));
    return response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/** @param {Request} request */
async function file(request) {
  return (await (await caches.open(KEPT)).match(request)) ?? fetch(request);
}

/**
 * Keep a page and every file that it names, and no other.
 *
 * @param {Response} response
 */
async function keep(response) {
  if (!response.ok) return;
  const cache = await caches.open(KEPT);
  const text = await response.clone().text();
  const names = ["./", ...new Set(Array.from(text.matchAll(/(?:href|src)="(static\/[^"]+)"/g), ([, name]) => name))];
  const [page, ...files] = names.map((name) => new URL(name, worker.location.href).href);
  const kept = new Set((await cache.keys()).map(({ url }) => url));
  await cache.addAll(files.filter((url) => !kept.has(url)));
  await cache.put(page, response);
  await Promise.all(Array.from(kept, (url) => url === page || files.includes(url) || cache.delete(url)));
}
