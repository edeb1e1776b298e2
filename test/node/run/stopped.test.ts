/** Ctrl-C in the middle of a method that takes minutes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { model, node, weights } from '../../onnx/build.js';
import { temporaryFolder } from '../folder.js';
import { noRedis, ownRedis, run } from '../queue/redis.js';
import { builtProgram } from './built.js';

const { cli } = builtProgram();
const root = temporaryFolder();
const redis = ownRedis(root);
const [pictures, onnx] = [join(root, 'pictures'), join(root, 'many-channels.onnx')];

/**
 * Milliseconds from Ctrl-C to the end, on a machine that is busy with eight times as much; alone it is one
 * second. A picture takes minutes.
 */
const SOON = 8000;

beforeAll(async () => {
  mkdirSync(pictures);
  for (let i = 0; i < 4; i++) {
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const create = { width: 64, height: 64, channels: 3, background: 'black', noise } as const;
    await sharp({ create })
      .png()
      .toFile(join(pictures, `${i}.png`));
  }
  // Score-CAM passes it once per channel: minutes for a picture.
  const channels = 8192;
  const bytes = model({
    inputs: { x: ['n', 3, 64, 64] },
    nodes: [
      node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1], strides: [2, 2] }),
      node('Relu', ['c'], ['a']),
      node('GlobalAveragePool', ['a'], ['g']),
      node('Flatten', ['g'], ['f']),
      node('Gemm', ['f', 'fc'], ['logits']),
    ],
    outputs: { logits: ['n', 5] },
    initializers: { w: weights([channels, 3, 3, 3]), fc: weights([channels, 5], 2) },
  });
  writeFileSync(onnx, bytes);
  writeFileSync(
    join(pictures, 'boxes.json'),
    JSON.stringify(
      Array.from({ length: 4 }, (_, i) => ({ file: `${i}.png`, label: i, boxes: [[0, 0, 32, 32]] })),
    ),
  );
});

/**
 * Runs the program, presses Ctrl-C when `inHand` says so, or after so many milliseconds, and tells how it
 * ended.
 */
async function interrupted(args: readonly string[], inHand: () => boolean, wait: number) {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const exit = once(child, 'exit');
  while (!inHand() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, wait));
  const pressed = performance.now();
  child.kill('SIGINT');
  const [code, signal] = await exit;
  return { code, signal, out, err, took: performance.now() - pressed };
}

const common = ['--model', onnx, '--method', 'score-cam', '--backend', 'wasm'];

test.each([
  ['in this thread', 'auto', '1'],
  ['in this thread, on a runtime that never lets go of it', 'web', '1'],
  ['in threads', 'auto', '2'],
])(
  'explain %s',
  async (_, runtime, workers) => {
    const out = join(root, `${runtime}-${workers}`);
    const how = ['--runtime', runtime, '--workers', workers, '--batch', '1', '--out', out];
    const journal = () => existsSync(join(out, '.onnx-cam.jsonl'));
    const { code, err, took } = await interrupted(['explain', ...common, ...how, pictures], journal, 1000);
    expect(err).toContain('stopping after the current pictures, in half a second at the latest');
    expect(err).toContain('stopped: --resume with the same command goes on from here.');
    expect(err).not.toMatch(/failed|unexpected|Interrupted/);
    expect(code).toBe(130);
    expect(took).toBeLessThan(SOON);
    expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))).toEqual([]);
    expect(journal()).toBe(true);
  },
  30_000,
);

test('evaluate', async () => {
  const out = join(root, 'evaluated');
  const args = ['evaluate', ...common, '--data', pictures, '--metrics', 'average-drop', '--out', out];
  const journal = () => existsSync(join(out, 'journal.jsonl'));
  const { code, err, took } = await interrupted(args, journal, 1500);
  expect(err).toContain('stopped: the same command goes on from here.');
  expect(err).not.toMatch(/failed|unexpected|Interrupted/);
  expect(code).toBe(130);
  expect(took).toBeLessThan(SOON);
}, 60_000);

test('bench', async () => {
  const args = ['bench', '--only', 'methods', ...common];
  const { code, out, err, took } = await interrupted(args, () => true, 2500);
  expect(err).toContain('stopping after the current sample, in half a second at the latest');
  expect(err).not.toMatch(/unexpected|Interrupted/);
  expect(code).toBe(130);
  expect(out).toContain('stopped before the end');
  expect(took).toBeLessThan(SOON);
}, 60_000);

test.skipIf(noRedis)(
  `work${noRedis ? ` (skipped: ${noRedis})` : ''}`,
  async () => {
    const out = join(root, 'worked');
    const at = ['--redis', redis.url];
    expect((await run([cli, 'enqueue', ...at, ...common, '--batch', '1', '--out', out, pictures])).code).toBe(
      0,
    );
    const journal = () => readdirSync(out).some((name) => name.endsWith('.jsonl'));
    const worked = await interrupted(['work', ...at, '--workers', '2'], journal, 1000);
    expect(worked.err).toContain('stopping after the current pictures, in half a second at the latest');
    expect(worked.err).not.toMatch(/failed|unexpected|Interrupted/);
    expect(worked.code).toBe(130);
    expect(worked.took).toBeLessThan(SOON);
    expect((await run([cli, 'work', ...at, '--status'])).out).toContain(
      '1 waiting, 0 to be retried, 0 running',
    );
  },
  30_000,
);
