/** `npm run web`'s server, in a process of its own, so that what ends it is seen. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compressFolder } from '../../web/site/compress.mjs';
import { generator } from '../random.js';

const SECRET = 'nobody may read this';
const SCRIPT = 'console.log("a page");\n'.repeat(5000);

let folder: string;
let server: ChildProcess;
let port: number;
let address: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'onnx-cam-serve-'));
  mkdirSync(join(folder, 'page', 'models'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), SECRET);
  writeFileSync(join(folder, 'page', 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(folder, 'page', 'main.js'), SCRIPT);
  writeFileSync(join(folder, 'page', 'ort.wasm'), new Uint8Array(200_000));
  writeFileSync(join(folder, 'page', 'models', 'birds.onnx'), new Uint8Array(1_000_000));
  await compressFolder(join(folder, 'page'));
  const program = `
    import { pageServer } from ${JSON.stringify(resolve('web/site/server.mjs'))};
    const server = pageServer(${JSON.stringify(join(folder, 'page'))}).listen(0, '127.0.0.1', () => console.log(server.address().port));`;
  server = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  port = await new Promise((found) => {
    server.stdout?.once('data', (text) => found(Number(text)));
  });
  address = `http://127.0.0.1:${port}`;
});
afterAll(() => {
  server.kill();
  rmSync(folder, { recursive: true });
});

/** What the server answers to these bytes before it, or this side after so many bytes, hangs up. */
const raw = (request: string | Buffer, most = Number.POSITIVE_INFINITY): Promise<string> =>
  new Promise((answered) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let answer = '';
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (answer.length > most) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => answered(answer));
  });

const lines = (first: string, ...more: readonly string[]): string =>
  [`${first} HTTP/1.1`, 'Host: page', 'Connection: close', ...more, '', ''].join('\r\n');
const status = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

test('what ended a server of before is answered: a NUL, a path of 300 characters, a file taken for a folder', async () => {
  const asked = [
    '/%00',
    `/${'a'.repeat(300)}`,
    '/index.html/x',
    '/index.html/',
    '/%',
    '/%ff',
    '//',
    '/models',
  ];
  const answers = await Promise.all(asked.map((path) => raw(lines(`GET ${path}`)).then(status)));
  expect(answers).toEqual([400, 404, 404, 404, 400, 400, 400, 404]);
});

test('the page is isolated, typed, compressed where it is wanted, and not sent twice', async () => {
  const page = await fetch(`${address}/`);
  expect(await page.text()).toContain('<title>page</title>');
  const headers = Object.fromEntries(page.headers);
  expect(headers).toMatchObject({
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
    'content-type': 'text/html; charset=utf-8',
  });
  const types = ['/main.js', '/ort.wasm', '/models/birds.onnx'].map(async (path) => {
    const { status, headers } = await fetch(address + path, { method: 'HEAD' });
    return [status, headers.get('content-type'), headers.get('cross-origin-embedder-policy')];
  });
  expect(await Promise.all(types)).toEqual([
    [200, 'text/javascript; charset=utf-8', 'require-corp'],
    [200, 'application/wasm', 'require-corp'],
    [200, 'application/octet-stream', 'require-corp'],
  ]);
  const small = await raw(lines('GET /main.js', 'Accept-Encoding: gzip'));
  expect(small).toContain('Content-Encoding: gzip');
  expect(small.length).toBeLessThan(SCRIPT.length / 10);
  const etag = page.headers.get('etag') ?? '';
  expect(etag).not.toBe('');
  expect(status(await raw(lines('GET /', `If-None-Match: ${etag}`)))).toBe(304);
  expect(page.headers.get('vary')).toBe('Accept-Encoding');
  const missing = await fetch(`${address}/missing`);
  expect([missing.status, missing.headers.get('cross-origin-embedder-policy')]).toEqual([
    404,
    'require-corp',
  ]);
});

test.for([
  ['br, gzip', 'br', brotliDecompressSync],
  ['gzip;q=1, br;q=0.5', 'gzip', gunzipSync],
  ['gzip, br;q=0', 'gzip', gunzipSync],
  ['deflate', undefined, (body: Buffer) => body],
] as const)('Accept-Encoding: %s gives %s, with an ETag of its own', async ([accepted, encoding, unpack]) => {
  const ask = (...more: readonly string[]) =>
    raw(lines('GET /main.js', `Accept-Encoding: ${accepted}`, ...more));
  const field = (answer: string, name: string) => new RegExp(`^${name}: (.*)\r$`, 'm').exec(answer)?.[1];
  const answer = await ask();
  expect(field(answer, 'Content-Encoding')).toBe(encoding);
  expect(field(answer, 'Content-Type')).toBe('text/javascript; charset=utf-8');
  const body = Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1');
  expect(unpack(body).toString()).toBe(SCRIPT);
  const etag = field(answer, 'ETag');
  const plain = field(await raw(lines('GET /main.js')), 'ETag');
  expect(etag === plain).toBe(encoding === undefined);
  // Written anew with the same content, as by the next build: the browser's copy still holds.
  const main = join(folder, 'page', 'main.js');
  for (const file of [main, `${main}.br`, `${main}.gz`]) writeFileSync(file, readFileSync(file));
  const again = await ask(`If-None-Match: ${etag}`);
  expect(status(again)).toBe(304);
  expect(again.endsWith('\r\n\r\n')).toBe(true);
  writeFileSync(main, `${SCRIPT}//`);
  expect(status(await raw(lines('GET /main.js', `If-None-Match: ${plain}`)))).toBe(200);
  writeFileSync(main, SCRIPT);
});

// biome-ignore format: a list
const paths = [
  '/', '/index.html', '/main.js', '/models/birds.onnx', '/models', '/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt',
  '/models/..%5c..%5csecret.txt', '//secret.txt', '/.%2e/.%2e/etc/passwd', '/constructor', '/__proto__', 'http://page/main.js',
  'http://[::1/', '*', '?', '#', '/%u0041', '/%c0%ae%c0%ae/secret.txt',
];
// biome-ignore format: a list
const pieces = [
  '%00', '%', '%zz', '%2e', '%2f', '..', '/', '\\', '?', '#', ';', ':', '@', '\u00e9', '%e2%80%ae', 'a'.repeat(300), ' ', '\t', '~', '[', '%ed%a0%80',
];
// biome-ignore format: a list
const methods = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PRI', 'get', 'NONSENSE', 'M-SEARCH', ''];
// biome-ignore format: a list
const extras = [
  'Range: bytes=9-3', 'Range: bytes=-5', 'Range: bytes=5-', 'Range: bytes=99999999999999999999-', 'Range: bytes=0-1,5-6,2-',
  'Range: bytes=a-b', 'Range: lines=1-2', 'Accept-Encoding: gzip', 'Accept-Encoding: br;q=x, *;q=0', 'Accept-Encoding: identity;q=0',
  'If-None-Match: *', 'If-Modified-Since: never', 'If-Range: W/"1"', 'If-Match: "no"', 'Transfer-Encoding: chunked', 'Content-Length: -1',
  'Content-Length: 5', 'Upgrade: websocket', 'Expect: 100-continue', 'Expect: nothing', 'Host: other', 'Bad Header: x', ': x', `X: ${'y'.repeat(20_000)}`,
];

test('1,000 odd requests neither end it nor lead out of the folder, and it answers as before', async () => {
  const next = generator(12);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)];
  const odd = (): string | Buffer => {
    if (next() < 0.05) return Buffer.from(Array.from({ length: 200 }, () => Math.floor(next() * 256)));
    let path = pick(paths);
    for (let i = Math.floor(next() * 3); i > 0; i--) {
      const at = Math.floor(next() * (path.length + 1));
      path = path.slice(0, at) + pick(pieces) + path.slice(at);
    }
    const whole = lines(
      `${pick(methods)} ${path}`,
      ...Array.from({ length: Math.floor(next() * 2.5) }, () => pick(extras)),
    );
    return next() < 0.9 ? whole : `${whole.slice(0, Math.floor(next() * whole.length))}\r\n\r\n`;
  };
  const asked = Array.from({ length: 1000 }, () => ({
    request: odd(),
    // Some hang up in the middle.
    most: next() < 0.1 ? Math.floor(next() * 5000) : undefined,
  }));
  const statuses = new Map<number, number>();
  let at = 0;
  const ask = async (): Promise<void> => {
    while (at < asked.length) {
      const { request, most } = asked[at++];
      const answer = await raw(request, most);
      expect(answer, String(request)).not.toContain(SECRET);
      expect(answer, String(request)).not.toContain('root:');
      statuses.set(status(answer), (statuses.get(status(answer)) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 50 }, ask));
  expect([...statuses.keys()].filter((code) => code >= 500)).toEqual([]);
  for (const code of [200, 400, 404, 405]) expect(statuses.get(code) ?? 0, String(code)).toBeGreaterThan(20);
  expect(server.exitCode).toBe(null);
  expect(await (await fetch(`${address}/main.js`)).text()).toBe(SCRIPT);
  const packed = await raw(lines('GET /main.js', 'Accept-Encoding: gzip').replace('HTTP/1.1', 'HTTP/1.0'));
  expect(gunzipSync(Buffer.from(packed.slice(packed.indexOf('\r\n\r\n') + 4), 'latin1')).toString()).toBe(
    SCRIPT,
  );
});

test('a file that goes away while it is sent, and one that was swapped for a folder, end nothing', async () => {
  const whole = raw(lines('GET /models/birds.onnx'));
  rmSync(join(folder, 'page', 'models'), { recursive: true });
  await whole;
  expect((await fetch(`${address}/models/birds.onnx`)).status).toBe(404);
  rmSync(join(folder, 'page', 'ort.wasm'));
  mkdirSync(join(folder, 'page', 'ort.wasm'));
  expect(status(await raw(lines('GET /ort.wasm')))).toBe(404);
  expect(server.exitCode).toBe(null);
});
