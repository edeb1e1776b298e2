import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readReport } from '../../../src/node/bench/report.js';
import { readText } from '../../../src/node/evaluation/datasets/text.js';
import { decodeFile } from '../../../src/node/inputs/decode.js';
import { readNpy } from '../../../src/node/inputs/npy.js';
import { loadModel } from '../../../src/node/model/load-model.js';
import { digestModel } from '../../../src/node/model/model-digest.js';
import { findSettings } from '../../../src/node/model/settings.js';
import { temporaryFolder } from '../folder.js';
import { builtProgram } from '../run/built.js';

const { cli } = builtProgram();
const root = temporaryFolder();
const windows = process.platform === 'win32';
let folder = '';
let out = '';
let count = 0;
let closing: (() => void)[] = [];

beforeEach(() => {
  folder = join(root, `case-${count++}`);
  out = join(folder, 'out');
  mkdirSync(join(folder, 'pics'), { recursive: true });
});
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

function pipe(name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return path;
}

async function socket(name: string): Promise<string> {
  const path = join(folder, name);
  const server = createServer().listen(path);
  await once(server, 'listening');
  closing.push(() => server.close());
  return path;
}

function text(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The program in a process of its own, killed if it does not end. */
async function run(args: readonly string[]): Promise<{ code: number | null; err: string }> {
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, err };
}

describe.skipIf(windows)(
  'a file that is not regular never blocks (skipped on Windows, which has no such named pipes)',
  () => {
    test('in a folder it is skipped; named on the command line or in a list it fails alone', async () => {
      pipe('pics/a.png');
      pipe('pics/b.npy');
      await socket('pics/c.jpg');
      execFileSync('ln', ['-s', pipe('elsewhere'), join(folder, 'pics/link.png')]);
      const zip = pipe('z.zip');
      const named = await socket('s.tar');
      const list = text('list.txt', [join(folder, 'pics/b.npy'), '/dev/zero', zip].join('\n'));
      const { code, err } = await run([
        'explain',
        '--model',
        'birds',
        '--out',
        out,
        join(folder, 'pics'),
        named,
        '--list',
        list,
      ]);
      expect(code).toBe(1);
      const failed = (path: string, what: string) =>
        `failed: ${path}: expected a file or a folder, got ${what}.`;
      expect(err).toContain(`failed: ${join(folder, 'pics')}: expected pictures or tensors`);
      expect(err).toContain(failed(named, 'a socket'));
      expect(err).toContain(failed(join(folder, 'pics/b.npy'), 'a named pipe'));
      expect(err).toContain(failed('/dev/zero', 'a device'));
      expect(err).toContain(failed(zip, 'a named pipe'));
    });

    test('model, settings, labels, reports and annotations neither', async () => {
      const path = pipe('m.onnx');
      const beside = text('n.onnx', 'x');
      pipe('n.json');
      const reads: readonly (() => Promise<unknown>)[] = [
        () => loadModel(path, () => []),
        () => loadModel(beside, () => ['m.onnx']),
        () => findSettings(beside),
        () => findSettings('m', { preprocess: path }),
        () => findSettings(text('o.onnx', 'x'), { labels: path }),
        () => readReport(path),
        () => readText(path),
        () => readNpy(path),
        () => decodeFile(path),
      ];
      for (const read of reads) await expect(read()).rejects.toThrow(/not a regular file but a named pipe/);
      await expect(digestModel(path)).rejects.toThrow(/not a regular file but a named pipe/);
      await expect(loadModel(folder, () => [])).rejects.toThrow('a folder (EISDIR)');
    });
  },
);

describe('a list that never arrives', () => {
  test.skipIf(windows)('the first SIGTERM ends the waiting', async () => {
    let told: unknown;
    // How long the program takes to start is not known: before it listens to signals the system ends it.
    for (let delay = 500; delay < 20_000 && told === undefined; delay *= 2) {
      const child = spawn(
        process.execPath,
        [cli, 'explain', '--model', 'birds', '--out', out, '--list', '-'],
        {
          stdio: ['pipe', 'ignore', 'pipe'],
        },
      );
      let err = '';
      child.stderr.on('data', (chunk) => {
        err += chunk;
      });
      child.stdin.write('a.png\n');
      const closed = once(child, 'close');
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill('SIGTERM');
      const [code] = await closed;
      if (code !== null) told = [code, err];
    }
    expect(told).toEqual([130, 'onnx-cam: stopped while waiting for the list; nothing was started.\n']);
    expect(existsSync(out)).toBe(false);
  });

  test.skipIf(windows)('one that comes through a named pipe is read', async () => {
    const list = pipe('list');
    const writing = spawn('sh', ['-c', `echo ${join(folder, 'none.png')} > ${list}`]);
    const { code, err } = await run(['explain', '--model', 'birds', '--out', out, '--list', list]);
    await (writing.exitCode ?? once(writing, 'exit'));
    expect(code).toBe(1);
    expect(err).toContain(`failed: ${join(folder, 'none.png')}: could not be read`);
  });

  test.skipIf(windows)('a device that never ends is no list', async () => {
    const { code, err } = await run(['explain', '--model', 'birds', '--out', out, '--list', '/dev/zero']);
    expect([code, err]).toEqual([2, expect.stringContaining('more than 256 MiB, which is no list of paths')]);
  });
});
