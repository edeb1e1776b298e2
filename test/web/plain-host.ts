/** A web server as any host has it: no headers of ours, a folder below a path. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import { stop } from './browser.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export interface PlainHost {
  readonly address: string;
  /** The paths that were asked for, below the host's. */
  readonly asked: string[];
  /** Changes what is served; `undefined`: nobody answers any more. */
  serve(folder: string | undefined): void;
  end(): Promise<void>;
}

/** @param below  As `/some/where/`. */
export async function plainHost(folder: string, below: string): Promise<PlainHost> {
  let current: string | undefined = folder;
  const asked: string[] = [];
  const server: Server = createServer(async ({ url = '', socket }, response) => {
    if (current === undefined) return socket.destroy();
    const { pathname } = new URL(url, 'http://host');
    const path = pathname.startsWith(below) ? pathname.slice(below.length) || 'index.html' : undefined;
    asked.push(path ?? pathname);
    const content =
      path === undefined ? undefined : await readFile(join(current, path)).catch(() => undefined);
    const type = types[extname(path ?? '')];
    response.writeHead(content ? 200 : 404, type ? { 'Content-Type': type } : {});
    response.end(content ?? 'Not here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    address: `http://127.0.0.1:${address.port}${below}`,
    asked,
    serve: (next) => {
      current = next;
    },
    end: () => stop(server),
  };
}
