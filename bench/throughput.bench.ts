// MI-CAM over many pictures by the command line, from files to packed arrays. The reference is the rate that
// the CPU time of the bare forward pass and of the method's kernels allows on the same cores.
// ONNX_CAM_BENCH_PICTURES names the sizes (default 1000; 10000 shows that memory stays flat).
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Shape } from '../src/backends/backend.js';
import { openWasm } from '../src/backends/wasm.js';
import { runMethod } from '../src/explain/run-method.js';
import { preprocess } from '../src/image/index.js';
import { opsOn } from '../src/kernels/ops.js';
import { miCam } from '../src/methods/mi-cam.js';
import { decodeFile, findSettings, loadModel } from '../src/node/index.js';
import { exposeOutputs, parseModel, targetLayer } from '../src/onnx/index.js';
import { openSession, type RuntimeTensor } from '../src/runtime/index.js';
import type { Preprocessing } from '../src/types.js';
import { dataFolder, missing } from '../test/data.js';
import { publishFigure, publishTable } from './publish.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const BATCH = 8;
const sizes = (process.env.ONNX_CAM_BENCH_PICTURES ?? '1000').split(',').map(Number);

const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-bench-'));
beforeAll(() => {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** CPU milliseconds per item of a call that handles `count` of them; median of 15 calls. */
async function cpu(count: number, once: () => Promise<void>): Promise<number> {
  for (let i = 0; i < 3; i++) await once();
  const samples: number[] = [];
  for (let i = 0; i < 15; i++) {
    const before = process.cpuUsage();
    await once();
    const { user, system } = process.cpuUsage(before);
    samples.push((user + system) / 1e3 / count);
  }
  return samples.sort((a, b) => a - b)[samples.length >> 1];
}

/** CPU milliseconds per picture, on one thread: of the forward pass alone, and of MI-CAM's kernels alone. */
async function bare(
  model: string,
  pictures: readonly string[],
  preprocessing: Preprocessing,
  runtime: 'node' | 'web',
) {
  const { bytes } = await loadModel(model, () => []);
  const parsed = parseModel(bytes);
  const layer = targetLayer(parsed).name;
  const [h, w] = preprocessing.size;
  const images = await Promise.all(
    Array.from({ length: BATCH }, (_, i) => decodeFile(pictures[i % pictures.length])),
  );
  const prepared = images.map((image) => preprocess(image, preprocessing));
  const data = new Float32Array(BATCH * 3 * h * w);
  const gray = new Uint32Array(BATCH * h * w);
  prepared.forEach((one, n) => {
    data.set(one.tensor, n * 3 * h * w);
    gray.set(one.gray, n * h * w);
  });
  const feeds = { [parsed.graph.inputs[0].name]: { data, shape: [BATCH, 3, h, w] } };
  const plain = await openSession({ bytes }, { runtime, threads: 1 });
  const forward = await cpu(BATCH, async () => void (await plain.run(feeds)));
  await plain.dispose();
  const tapped = await openSession({ bytes: exposeOutputs(parsed, [layer]) }, { runtime, threads: 1 });
  const { [layer]: output } = (await tapped.run(feeds)) as Record<string, RuntimeTensor>;
  await tapped.dispose();
  const backend = await openWasm();
  const ops = opsOn(backend);
  const shape = output.shape as Shape & readonly [number, number, number, number];
  const activations = backend.upload(output.data as Float32Array, shape, 'float32');
  const image = backend.upload(gray, [BATCH, h, w], 'uint32');
  const kernels = await cpu(
    BATCH,
    async () => void (await runMethod(backend, ops, miCam(), { activations, image }, { size: [h, w] })),
  );
  backend.dispose();
  return { forward, kernels };
}

interface Usage {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly megabytes: number;
}

/** Runs the program, and reads the resources that it used when it ends. */
async function used(args: readonly string[]): Promise<Usage> {
  const report = join(folder, 'usage.json');
  const hook = `import{writeFileSync}from'node:fs';process.on('exit',()=>writeFileSync(${JSON.stringify(report)},JSON.stringify(process.resourceUsage())))`;
  const start = performance.now();
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, join(root, 'dist/node/cli.js'), ...args],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  const usage = JSON.parse(readFileSync(report, 'utf8'));
  return {
    seconds: (performance.now() - start) / 1e3,
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    megabytes: usage.maxRSS / 1024,
  };
}

/** `count` files: the given pictures, repeated under new names. */
function copies(pictures: readonly string[], count: number): string {
  const target = join(folder, `${pictures.length}-${count}`);
  if (existsSync(target)) return target;
  mkdirSync(target);
  for (let i = 0; i < count; i++) {
    const from = pictures[i % pictures.length];
    copyFileSync(from, join(target, `${String(i).padStart(6, '0')}${from.slice(from.lastIndexOf('.'))}`));
  }
  return target;
}

const photographs = join(dataFolder, 'boxes/ilsvrc_val300');
const jpegs = (where: string): string[] =>
  existsSync(where)
    ? readdirSync(where, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.jpe?g$/i.test(name))
        .sort()
        .map((name) => join(where, name))
    : [];
const mobileNet = join(dataFolder, 'models/mobilenet_v2_1.0_224.onnx');

const cases = [
  {
    name: 'embedded default, 128 × 128 PNG',
    model: join(root, 'models/birds.onnx'),
    pictures: readdirSync(join(root, 'examples/birds'))
      .filter((name) => /^(bird|stacked)-\d+\.png$/.test(name))
      .map((name) => join(root, 'examples/birds', name)),
    sizes,
    preprocess: join(root, 'models/birds.json'),
    reason: false as string | false,
  },
  {
    name: 'MobileNetV2, photographs',
    model: mobileNet,
    pictures: jpegs(photographs),
    sizes: [Math.min(1000, sizes[0])],
    preprocess: join(dataFolder, 'models/models.json'),
    reason: missing(mobileNet),
  },
];

const rows: string[][] = [];
afterAll(() => {
  const head = [
    'model and pictures',
    'runtime',
    'number',
    'pictures/s',
    'CPU used',
    'peak memory',
    'of the rate allowed',
  ];
  publishTable('throughput', head, rows);
});

describe.each(cases)('$name', ({ name, model, pictures, sizes: counts, preprocess: file, reason }) => {
  test.skipIf(reason).each(['node', 'web'] as const)(
    'onnxruntime-%s',
    async (runtime) => {
      const { preprocessing } = await findSettings(model, { preprocess: file });
      if (!preprocessing) throw new Error('expected preprocessing beside the model.');
      const floor = await bare(model, pictures, preprocessing, runtime);
      const least = floor.forward + floor.kernels;
      const cores = availableParallelism();
      const most = (1e3 * cores) / least;
      for (const count of counts) {
        const input = copies(pictures, count);
        const out = join(folder, `out-${runtime}-${count}`);
        const usage = await used([
          'explain',
          ...[
            '--backend',
            'wasm',
            '--runtime',
            runtime,
            '--model',
            model,
            '--preprocess',
            file,
            '--method',
            'mi-cam',
            '--pack',
            '256',
            '--quiet',
          ],
          ...['--out', out, input],
        ]);
        rmSync(out, { recursive: true });
        const each = (1e3 * usage.cpuSeconds) / count;
        const rate = (count / usage.seconds).toFixed(0);
        rows.push([
          name,
          `onnxruntime-${runtime}`,
          String(count),
          rate,
          `${((100 * usage.cpuSeconds) / usage.seconds / cores).toFixed(0)} %`,
          `${usage.megabytes.toFixed(0)} MB`,
          `${most.toFixed(0)}/s: ${((100 * least) / each).toFixed(0)} %`,
        ]);
        if (model === mobileNet && runtime === 'node') publishFigure('photographs-per-second', rate);
      }
    },
    3_600_000,
  );
});
