// Serves the page: `npm run web`, or `npm run web -- --port 9000 --host 0.0.0.0`.
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import compression from 'compression';
import send from 'send';
import { buildPage } from './build.mjs';

const headers = {
  // Both together isolate the page, without which WebAssembly has one thread.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  // Asked for again each time, answered with 304 where the ETag still fits.
  'Cache-Control': 'no-cache',
};

const compress = compression();

/**
 * A server of the files in `folder`, compressed where the browser takes it. It takes nothing: GET and HEAD
 * alone.
 */
export function pageServer(folder) {
  return createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refuse = (status, text) => {
      if (response.headersSent) return response.destroy();
      response.statusCode = status;
      response.setHeader('Content-Type', 'text/plain; charset=utf-8');
      response.end(`${text}\n`);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return refuse(405, 'Only GET and HEAD');
    }
    if (!URL.canParse(request.url, 'http://page')) return refuse(400, 'Bad request');
    const { pathname } = new URL(request.url, 'http://page');
    compress(request, response, () => {
      send(request, pathname, { root: folder, cacheControl: false })
        .on('error', ({ status, message }) => refuse(status, message))
        .on('directory', () => refuse(404, 'Not Found'))
        .pipe(response);
    });
  });
}

function start(port, host, folder) {
  const server = pageServer(folder);
  server.on('error', (error) => {
    console.error(
      error.code === 'EADDRINUSE' ? `Port ${port} is taken. Choose another: --port N.` : error.message,
    );
    process.exit(1);
  });
  server.listen(port, host, () => {
    console.log(`The page is at http://localhost:${server.address().port}/ (Ctrl-C ends it)`);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      server.close();
      server.closeAllConnections();
    });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: process.env.PORT ?? '8080' },
      host: { type: 'string', default: '127.0.0.1' },
    },
  });
  const port = Number(values.port);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) start(port, values.host, await buildPage());
  else {
    console.error(`--port: expected a whole number from 0 to 65535, got "${values.port}".`);
    process.exitCode = 2;
  }
}
