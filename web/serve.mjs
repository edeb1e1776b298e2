// Serves the page: `npm run web`, or `npm run web -- --port 9000 --host 0.0.0.0`.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPage } from './build.mjs';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.onnx': 'application/octet-stream',
};

const headers = {
  // Both together isolate the page, without which WebAssembly has one thread.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

/** A server of the files in `folder`. It keeps nothing and takes nothing: GET and HEAD alone. */
export function pageServer(folder) {
  return createServer((request, response) => {
    const refuse = (status, text) => {
      response.writeHead(status, { ...headers, 'Content-Type': 'text/plain' }).end(text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only GET\n');
    const path = pathOf(request.url ?? '/');
    const file = path && join(folder, path.endsWith('/') ? `${path}index.html` : path);
    const found = file?.startsWith(folder + sep) ? statSync(file, { throwIfNoEntry: false }) : undefined;
    if (!found?.isFile()) return refuse(404, 'Not found\n');
    response.writeHead(200, {
      ...headers,
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
      'Content-Length': found.size,
    });
    if (request.method === 'HEAD') return response.end();
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response);
  });
}

function pathOf(url) {
  try {
    return normalize(decodeURIComponent(new URL(url, 'http://page').pathname));
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: process.env.PORT ?? '8080' },
      host: { type: 'string', default: '127.0.0.1' },
    },
  });
  const server = pageServer(await buildPage());
  server.on('error', (error) => {
    console.error(
      error.code === 'EADDRINUSE' ? `Port ${values.port} is taken. Choose another: --port N.` : error.message,
    );
    process.exit(1);
  });
  server.listen(Number(values.port), values.host, () => {
    console.log(`The page is at http://localhost:${server.address().port}/ (Ctrl-C ends it)`);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      server.close();
      server.closeAllConnections();
    });
  }
}
