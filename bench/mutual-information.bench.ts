// The kernel with everything it needs (quantising, grey histogram), against three naive versions: in
// AssemblyScript, compiled with the twins' flags; in JavaScript; and with np.histogram2d where Python has
// NumPy. Answers are compared first, then CPU time, samples in turn (NumPy's only once).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openWasm } from '../src/backends/wasm.js';
import { opsOn } from '../src/kernels/ops.js';
import { information, integerCounts } from '../src/reference/mutual-information.js';
import { quantizeLayer } from '../src/reference/quantize-layer.js';
import { expectClose } from '../test/close.js';
import { grayImages } from '../test/layers.js';
import { activationLike } from '../test/random.js';
import { inTurn } from './in-turn.js';
import * as javaScript from './naive-javascript.js';
import { hasNumpy, runNumpy } from './numpy.js';
import { publishFigure, publishTable } from './publish.js';

const ROUNDS = 7;
const cases = [
  // shape, bins, share of zeros, times naive AssemblyScript and naive JavaScript to reach
  [[512, 14, 14], 64, 0, 10, 30],
  [[512, 14, 14], 64, 0.5, 10, 30],
  [[512, 14, 14], 64, 0.7, 10, 30],
  [[512, 14, 14], 64, 0.85, 20, 30],
  [[512, 14, 14], 256, 0, 10, 0],
  [[512, 14, 14], 256, 0.85, 10, 0],
  [[2048, 7, 7], 64, 0, 10, 30],
  [[2048, 7, 7], 64, 0.85, 20, 30],
] as const;
const SIZE = [224, 224] as const;

const rows: string[][] = [];
afterAll(() => {
  const head = [
    'layer',
    'bins',
    'zeros',
    'kernel',
    'naive AssemblyScript',
    'naive JavaScript',
    '`np.histogram2d`',
  ];
  publishTable('mutual-information', head, rows);
});

interface Naive {
  readonly memory: WebAssembly.Memory;
  alloc(bytes: number): number;
  mutualInformation(...args: number[]): void;
}

async function compileNaive(): Promise<Naive> {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-bench-'));
  try {
    const { options } = JSON.parse(readFileSync('asconfig.json', 'utf8'));
    const flags = [
      '-O3',
      '--noAssert',
      '--converge',
      '--enable',
      'simd',
      '--runtime',
      'minimal',
      '--use',
      'abort=',
    ];
    expect(options).toMatchObject({ optimizeLevel: 3, noAssert: true, converge: true, enable: ['simd'] });
    const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
    const out = join(folder, 'naive.wasm');
    const config = ['--config', 'none', 'bench/naive/mutual-information.ts', '--outFile', out];
    execFileSync(process.execPath, [asc, ...config, ...flags], { stdio: 'pipe' });
    const { instance } = await WebAssembly.instantiate(readFileSync(out), {});
    return instance.exports as unknown as Naive;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.for(cases)('mutualInformation %j, %i bins, zeros %d', async ([shape, bins, zeros, goal, goalJs]) => {
  const [k, h, w] = shape;
  const [H, W] = SIZE;
  const activations = activationLike(k * h * w, 1, zeros);
  const gray = grayImages(1, H, W);
  const backend = await openWasm();
  const [a, g] = [
    backend.upload(activations, [1, k, h, w], 'float32'),
    backend.upload(gray, [1, H, W], 'uint32'),
  ];
  const once = () => opsOn(backend).mutualInformation(a, g, { bins });
  const got = await backend.read(once());

  const { q } = quantizeLayer(activations.subarray(0, 8 * h * w), [1, 8, h, w], SIZE);
  const want = Array.from({ length: 8 }, (_, i) =>
    information(integerCounts(q.subarray(i * h * w, (i + 1) * h * w), [h, w], gray, SIZE, bins), bins),
  );
  expectClose(got.subarray(0, 8), want, [8], 1e-5);

  const naive = await compileNaive();
  const allocate = ({ byteLength }: ArrayBufferView) => naive.alloc(byteLength);
  const [pa, pg, pm] = [allocate(activations), allocate(gray), allocate(got)];
  new Float32Array(naive.memory.buffer, pa, activations.length).set(activations);
  new Uint32Array(naive.memory.buffer, pg, gray.length).set(gray);
  const assemblyScript = () => naive.mutualInformation(k, h, w, H, W, bins, pa, pg, pm);
  assemblyScript();
  // In float32, samples on a bin edge fall on either side, hundreds in some maps. So naive answers are only
  // close.
  expectClose(new Float32Array(naive.memory.buffer, pm, k), got, [k], 0.05);
  expectClose(javaScript.mutualInformation(shape, SIZE, bins, activations, gray), got, [k], 0.05);

  const times = await inTurn(
    {
      kernel: async () => backend.release(once()),
      assemblyScript: async () => assemblyScript(),
      javaScript: async () => void javaScript.mutualInformation(shape, SIZE, bins, activations, gray),
    },
    ROUNDS,
  );
  const against = (time: number) => `${(time / times.kernel).toFixed(1)} ×`;
  const missed = (time: number, goal: number) => (time / times.kernel < goal ? ` (goal ${goal} ×)` : '');
  const row = [
    `${shape.join('×')} → ${H}×${W}`,
    String(bins),
    `${zeros * 100} %`,
    `${times.kernel.toFixed(1)} ms`,
    against(times.assemblyScript) + missed(times.assemblyScript, goal),
    against(times.javaScript) + missed(times.javaScript, goalJs),
  ];
  rows.push(row);
  if (hasNumpy) {
    const numpy = runNumpy('histogram2d.py', { layer: activations, gray }, [k, h, w, H, bins]);
    expectClose(numpy.answer, got, [k], 0.05); // its float64 also moves samples on bin edges
    row.push(against(numpy.milliseconds) + missed(numpy.milliseconds, 60));
    if (rows.length === 1) publishFigure('mutual-information-numpy', against(numpy.milliseconds));
  } else row.push('no NumPy');
  backend.dispose();
});
