// A server of static files for one page.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Negotiator from 'negotiator';
import send from 'send';
import { isolation, typeOf } from './types.mjs';

const headers = {
  ...isolation,
  // Asked for again each time, answered with 304 where the ETag still fits.
  'Cache-Control': 'no-cache',
  Vary: 'Accept-Encoding',
};

const endings = { br: '.br', gzip: '.gz', identity: '' };

/**
 * A server of the files in `folder`; FILE.br or FILE.gz in the place of FILE where the browser takes it. It
 * takes nothing: GET and HEAD alone.
 */
export function pageServer(folder) {
  const etag = etags();
  return createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refuse = (status, text) => {
      if (response.headersSent) return response.destroy();
      for (const name of ['ETag', 'Content-Encoding']) response.removeHeader(name);
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
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    const answer = ([encoding, ...others]) =>
      send(request, path + endings[encoding], { root: folder, cacheControl: false, lastModified: false })
        .on('headers', (_, file, stat) => {
          if (encoding !== 'identity') response.setHeader('Content-Encoding', encoding);
          const type = typeOf(path);
          if (type) response.setHeader('Content-Type', type);
          response.setHeader('ETag', etag(file, stat));
        })
        .on('error', ({ status, message }) => {
          if (status === 404 && others.length > 0 && !response.headersSent) answer(others);
          else refuse(status, message);
        })
        .on('directory', () => refuse(404, 'Not Found'))
        .pipe(response);
    answer(encodingsFor(request));
  });
}

/** What the browser takes, the smallest first; the file as it is where there is nothing else. */
function encodingsFor(request) {
  const taken = new Negotiator(request).encodings(['br', 'gzip'], { preferred: ['br', 'gzip'] });
  return [...taken, 'identity'];
}

/** By content, so that a page that was built anew is not sent anew; read once for each state of a file. */
function etags() {
  const known = new Map();
  return (file, { mtimeMs, size }) => {
    const state = `${mtimeMs} ${size}`;
    const found = known.get(file);
    if (found?.state === state) return found.etag;
    const etag = `"${hashOf(file) ?? state}"`;
    known.set(file, { state, etag });
    return etag;
  };
}

function hashOf(file) {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('base64url');
  } catch {
    return undefined; // gone meanwhile: the answer will say so
  }
}
