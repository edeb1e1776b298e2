// All masks of a layer, made 16 at a time in the same memory. The reference is the same computation, written
// naively in AssemblyScript, compiled with the twins' flags; it keeps all masks. Answers are compared first,
// then CPU time, in turn.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWasm } from '../src/backends/wasm.js';
import { opsOn } from '../src/kernels/ops.js';
import { expectClose } from '../test/close.js';
import { activationLike, random } from '../test/random.js';
import { inTurn } from './in-turn.js';
import { publishFigure } from './publish.js';

const RING = 16;
const SIZE = 224;
const layers = [
  [512, 14],
  [512, 7],
] as const;

interface Naive {
  readonly memory: WebAssembly.Memory;
  alloc(bytes: number): number;
  scoreCamMasks(...args: number[]): void;
}

async function compileNaive(): Promise<Naive> {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-bench-'));
  try {
    const flags = ['-O3', '--noAssert', '--converge', '--enable', 'simd', '--runtime', 'minimal'];
    const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
    const out = join(folder, 'naive.wasm');
    const config = ['--config', 'none', 'bench/naive/score-cam-masks.ts', '--outFile', out];
    execFileSync(process.execPath, [asc, ...config, ...flags, '--use', 'abort='], { stdio: 'pipe' });
    const { instance } = await WebAssembly.instantiate(readFileSync(out), {});
    return instance.exports as unknown as Naive;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each(layers)('%i channels of %i², masks of 3×224×224', async (channels, side) => {
  const naive = await compileNaive();
  const activations = activationLike(channels * side * side, 1, 0.5);
  const input = random(3 * SIZE * SIZE, 2);
  const put = (values: Float32Array) => {
    const at = naive.alloc(values.byteLength);
    new Float32Array(naive.memory.buffer, at, values.length).set(values);
    return at;
  };
  const pixels = 3 * SIZE * SIZE;
  const [a, x, all] = [put(activations), put(input), naive.alloc(channels * pixels * 4)];
  const naively = () => naive.scoreCamMasks(channels, side, side, SIZE, SIZE, a, x, all);

  const backend = await openWasm();
  const ops = opsOn(backend);
  const layer = backend.upload(activations, [1, channels, side, side] as const, 'float32');
  const image = backend.upload(input, [1, 3, SIZE, SIZE] as const, 'float32');
  const lists = Array.from({ length: channels / RING }, (_, i) =>
    backend.upload(
      Uint32Array.from({ length: RING }, (_, j) => i * RING + j),
      [RING] as const,
      'uint32',
    ),
  );
  const ring = (list: (typeof lists)[number], ranges: ReturnType<typeof ops.upsampledRange>) =>
    ops.scoreCamMasks(image, layer, ranges, list, { image: 0, factor: 1 });
  const kernel = () =>
    backend.scope(() => {
      const ranges = ops.upsampledRange(layer, [SIZE, SIZE]);
      for (const list of lists) backend.release(ring(list, ranges));
    });

  naively();
  const ranges = ops.upsampledRange(layer, [SIZE, SIZE]);
  for (const [i, list] of lists.entries()) {
    const made = ring(list, ranges);
    const want = new Float32Array(naive.memory.buffer, all + i * RING * pixels * 4, RING * pixels);
    expectClose(await backend.read(made), want, [RING, 3, SIZE, SIZE], 1e-5);
    backend.release(made);
  }
  const times = await inTurn({ naive: async () => naively(), kernel: async () => kernel() }, 9);
  const ratio = times.naive / times.kernel;
  console.log(
    `scoreCamMasks ${channels} × ${side}² → ${SIZE}²: ${times.kernel.toFixed(1)} ms, naive ${times.naive.toFixed(1)} ms, × ${ratio.toFixed(1)}`,
  );
  if (side === 14)
    publishFigure(
      'score-cam-masks',
      `${ratio.toFixed(1)} × (${times.kernel.toFixed(1)} ms for ${channels} masks)`,
    );
  expect(ratio).toBeGreaterThan(1);
  backend.dispose();
});
