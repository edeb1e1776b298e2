// The cost of a baked explanation against the original model: growth of the file, run time and peak memory.
// CPU time of one process, one thread, one image, samples in turn. Prints the tables of docs/bake.md.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { methods } from '../src/index.js';
import { bake, parseModel } from '../src/onnx/index.js';
import { openSession, type Session } from '../src/runtime/index.js';
import { expectClose } from '../test/close.js';
import { dataFolder, missing } from '../test/data.js';
import { bounds, explained, methodNames } from '../test/onnx/bake/baked.js';
import { random } from '../test/random.js';
import { inTurn } from './in-turn.js';
import { publishFigure, publishTable } from './publish.js';

const models = [
  ['MobileNetV2', join(dataFolder, 'models/mobilenet_v2_1.0_224.onnx')],
  ['SqueezeNet 1.1', join(dataFolder, 'models/squeezenet1_1.onnx')],
  ['birds', 'models/birds.onnx'],
] as const;
const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-bake-'));

describe.each(models)('%s', (name, path) => {
  test.skipIf(missing(path))('growth and run time', async () => {
    const bytes = readFileSync(path);
    const model = parseModel(bytes, path);
    const [input] = model.graph.inputs;
    const [, c, h, w] = (input.shape ?? []).map(Number);
    const images = { data: random(c * h * w, 1), shape: [1, c, h, w] };
    const feeds = { [input.name]: images };
    const baked = methodNames.map((method) => ({ method, ...bake(model, { method }) }));
    const ratios = new Map<string, string[]>();
    const bare: string[] = [];
    for (const runtime of ['node', 'web'] as const) {
      const open = (file: Uint8Array) => openSession({ bytes: file }, { runtime, threads: 1 });
      const sessions: Record<string, Session> = { bare: await open(bytes) };
      for (const one of baked) sessions[one.method] = await open(one.bytes);
      for (const method of methodNames) {
        const { saliency } = await sessions[method].run(feeds);
        const [want] = await explained(bytes, [methods[method]()], images);
        if (!('data' in saliency)) throw new Error('expected the saliency on the host');
        const map = want.maps[method];
        expectClose(Float32Array.from(saliency.data, Number), map.saliency, map.shape, bounds[method]);
      }
      const calls = (names: readonly string[]) =>
        Object.fromEntries(names.map((key) => [key, async () => void (await sessions[key].run(feeds))]));
      // MI-CAM's counting is far slower than the rest, so fewer rounds are exact enough.
      const quick = methodNames.filter((method) => method !== 'mi-cam');
      const times = await inTurn(calls(['bare', ...quick]));
      const slow = await inTurn(calls(['bare', 'mi-cam']), 7);
      bare.push(`${times.bare.toFixed(2)} ms on onnxruntime-${runtime}`);
      for (const method of methodNames) {
        const ratio = method === 'mi-cam' ? slow[method] / slow.bare : times[method] / times.bare;
        ratios.set(method, [...(ratios.get(method) ?? []), `${ratio.toFixed(2)} ×`]);
      }
      for (const session of Object.values(sessions)) await session.dispose();
    }
    const still = peak(bytes);
    const rows = baked.map(({ method, bytes: file }) => {
      const more = (peak(file) - still) / 1024;
      return [method, file.length - bytes.length, ...(ratios.get(method) ?? []), more.toFixed(0)];
    });
    const title = name.split(' ')[0].toLowerCase();
    publishFigure(`bake-${title}-bare`, bare.join(', '));
    publishTable(`bake-${title}`, ['method', 'bytes', 'node', 'web', 'MiB'], rows);
    expect(baked.length).toBe(methodNames.length);
  });
});

/** Peak memory, KiB, of a process (on Linux) that runs a model on onnxruntime-node, one image, one thread. */
function peak(bytes: Uint8Array): number {
  const file = join(folder, 'model.onnx');
  writeFileSync(file, bytes);
  const code = `
    const ort = require('onnxruntime-node');
    const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
    ort.InferenceSession.create(${JSON.stringify(file)}, options).then(async (session) => {
      const [{ name, shape }] = session.inputMetadata;
      const dims = shape.map((length) => (typeof length === 'number' ? length : 1));
      const size = dims.reduce((a, b) => a * b);
      const x = new ort.Tensor('float32', Float32Array.from({ length: size }, (_, i) => Math.sin(i)), dims);
      for (let i = 0; i < 3; i++) await session.run({ [name]: x });
      // Not maxRSS: a child inherits that of its parent.
      console.log(/VmHWM:\\s*(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1]);
    });`;
  const runs = [0, 1, 2].map(() =>
    Number(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' })),
  );
  rmSync(file);
  return Math.min(...runs);
}
