/**
 * The page without a server's help: isolated, so that WebAssembly has threads, and there without a network.
 *
 * It keeps the page's own files and nothing else. A kept file is found by path and content, so that two
 * versions of the page can be kept beside each other: the old one serves its open pages until they are gone.
 */
import { isolation, typeOf } from '../types.mjs';

declare const self: ServiceWorkerGlobalScope;
/** Of each file of the page its path, beside this one, and its digest, as `integrity` takes it. */
declare const FILES: Readonly<Record<string, string>>;
/** Large ones that not every visitor needs: kept when they are first asked for. */
declare const LATER: readonly string[];

const files = new Map(Object.entries(FILES));
const scope = self.registration.scope;
// Pages of other folders of the same host have caches of their own.
const CACHE = `onnx-cam ${scope}`;

const addressOf = (path: string): string => new URL(path === 'index.html' ? './' : path, scope).href;
const keyOf = (path: string, digest: string): string => `${addressOf(path)}?${encodeURIComponent(digest)}`;

/** The page's file that is asked for; `undefined` for anything else. */
function pathOf({ method, url }: Request): string | undefined {
  const { origin, pathname } = new URL(url);
  const whole = origin + pathname;
  if (method !== 'GET' || !whole.startsWith(scope)) return undefined;
  const path = whole.slice(scope.length) || 'index.html';
  return files.has(path) ? path : undefined;
}

const load = (path: string, integrity: string | undefined): Promise<Response> =>
  fetch(addressOf(path), { integrity, cache: 'no-cache', credentials: 'same-origin' });

/** Keeps what every visitor needs, and what is kept already of the version before. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  const kept = (await cache.keys()).map(({ url }) => url);
  const wanted = [...files].filter(
    ([path]) => !LATER.includes(path) || kept.some((url) => url.startsWith(`${addressOf(path)}?`)),
  );
  await Promise.all(
    wanted.map(async ([path, digest]) => {
      if (!kept.includes(keyOf(path, digest)))
        await cache.put(keyOf(path, digest), await whole(path, digest));
    }),
  );
}

/** @throws {TypeError} unless it is the file of this version. */
async function whole(path: string, digest: string): Promise<Response> {
  const response = await load(path, digest);
  if (!response.ok) throw new TypeError(`${path}: expected a file, got status ${response.status}.`);
  return response;
}

/** Lets go of what only the version before needed. */
async function activate(): Promise<void> {
  const cache = await caches.open(CACHE);
  const needed = new Set([...files].map(([path, digest]) => keyOf(path, digest)));
  await Promise.all((await cache.keys()).map(({ url }) => needed.has(url) || cache.delete(url)));
  await self.clients.claim();
}

async function answer(path: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  const digest = files.get(path) ?? '';
  const kept = await cache.match(keyOf(path, digest));
  if (kept) return isolated(path, kept);
  const response = await load(path, digest);
  // A full disk is no reason not to answer.
  if (response.ok) await cache.put(keyOf(path, digest), response.clone()).catch(() => {});
  return isolated(path, response);
}

/** The same, with the headers that a plain host does not send. */
function isolated(path: string, { body, status, statusText }: Response): Response {
  const type = typeOf(path);
  const headers = new Headers(isolation);
  if (type) headers.set('Content-Type', type);
  return new Response(body, { status, statusText, headers });
}

/** Whether a newer version waits and no other page is open that would lose its files. */
async function canHandOver(): Promise<boolean> {
  if (!self.registration.waiting) return false;
  return (await self.clients.matchAll({ type: 'window' })).length < 2;
}

async function navigate(path: string): Promise<Response> {
  if (!(await canHandOver())) return answer(path);
  self.registration.waiting?.postMessage(TAKE_OVER);
  return new Response(AGAIN, { headers: { ...isolation, 'Content-Type': 'text/html' } });
}

const TAKE_OVER = 'take over';
/**
 * Asks again once the newer version is there to answer. No `Refresh`: to an address with a hash it only
 * scrolls.
 */
const AGAIN = `<!doctype html><script>
const again = () => location.reload();
navigator.serviceWorker.addEventListener('controllerchange', again);
addEventListener('load', () => setTimeout(again, 1000));
</script>`;

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('message', (event) => {
  if (event.data === TAKE_OVER) event.waitUntil(self.skipWaiting());
});
self.addEventListener('fetch', (event) => {
  const path = pathOf(event.request);
  if (path === undefined) return;
  event.respondWith(event.request.mode === 'navigate' ? navigate(path) : answer(path));
});
