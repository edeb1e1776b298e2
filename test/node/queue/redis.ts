import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

/** Why tests cannot use a Redis; undefined where they can. */
export const noRedis: string | undefined = spawnSync('redis-server', ['--version']).error
  ? 'redis-server is not installed (apt-get install redis-server)'
  : undefined;

if (noRedis && process.env.ONNX_CAM_REQUIRE_REDIS === '1') throw new Error(noRedis);

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A Redis of the test file's own, that keeps nothing. */
export function ownRedis(folder: string): { readonly url: string; readonly restart: () => Promise<void> } {
  let server: ChildProcess;
  let port = 0;
  const redis = {
    url: '',
    async restart(): Promise<void> {
      server.kill('SIGKILL');
      await once(server, 'exit');
      await start();
    },
  };
  const start = async (): Promise<void> => {
    server = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    for await (const chunk of server.stdout ?? []) if (String(chunk).includes('Ready to accept')) return;
    throw new Error('redis-server ended before it was ready');
  };
  beforeAll(async () => {
    if (noRedis) return;
    port = await freePort();
    redis.url = `redis://127.0.0.1:${port}`;
    await start();
  });
  afterAll(async () => {
    if (!server || server.exitCode !== null) return;
    server.kill();
    await once(server, 'exit');
  });
  return redis;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program of Node to its end. */
export const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env: { ...process.env, ...env } }, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });
