// 16 copies of a 3×224×224 image, as a batch of deletion or insertion needs them. The reference is the same,
// written naively in JavaScript and in AssemblyScript, compiled with the twins' flags. Answers are compared
// first, then CPU time, in turn.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWasm } from '../src/backends/wasm.js';
import { opsOn } from '../src/kernels/ops.js';
import { randomOrder, ranksOf } from '../src/metrics/index.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import { inTurn } from './in-turn.js';

const COPIES = 16;
const SIZE = 224;
const PIXELS = SIZE * SIZE;

interface Naive {
  readonly memory: WebAssembly.Memory;
  alloc(bytes: number): number;
  replaceRanked(...args: number[]): void;
}

async function compileNaive(): Promise<Naive> {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-bench-'));
  try {
    const flags = ['-O3', '--noAssert', '--converge', '--enable', 'simd', '--runtime', 'minimal'];
    const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
    const out = join(folder, 'naive.wasm');
    const config = ['--config', 'none', 'bench/naive/replace-ranked.ts', '--outFile', out];
    execFileSync(process.execPath, [asc, ...config, ...flags, '--use', 'abort='], { stdio: 'pipe' });
    const { instance } = await WebAssembly.instantiate(readFileSync(out), {});
    return instance.exports as unknown as Naive;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function inJavaScript(
  image: Float32Array,
  baseline: Float32Array,
  ranks: Uint32Array,
  spans: Uint32Array,
  replaced: Float32Array,
): void {
  for (let s = 0; s < COPIES; s++) {
    for (let c = 0; c < 3; c++) {
      for (let p = 0; p < PIXELS; p++) {
        const at = c * PIXELS + p;
        const taken = ranks[p] >= spans[2 * s] && ranks[p] < spans[2 * s + 1];
        replaced[s * 3 * PIXELS + at] = taken ? baseline[at] : image[at];
      }
    }
  }
}

// The middle of the curve: about half of the pixels are the baseline's. That is the worst case for branches.
test('16 copies of 3×224×224, 42 to 57 % replaced', async () => {
  const naive = await compileNaive();
  const [image, baseline] = [random(3 * PIXELS, 1), random(3 * PIXELS, 2)];
  const ranks = ranksOf(randomOrder([SIZE, SIZE], 3));
  const spans = Uint32Array.from({ length: 2 * COPIES }, (_, i) =>
    i % 2 === 0 ? 0 : Math.round((PIXELS * (42 + (i >> 1))) / 100),
  );
  const put = (values: Float32Array | Uint32Array) => {
    const at = naive.alloc(values.byteLength);
    new Uint8Array(naive.memory.buffer, at, values.byteLength).set(new Uint8Array(values.buffer));
    return at;
  };
  const [a, b, r, t] = [put(image), put(baseline), put(ranks), put(spans)];
  const all = naive.alloc(COPIES * 3 * PIXELS * 4);
  const naively = () => naive.replaceRanked(COPIES, 3, PIXELS, a, b, r, t, all);

  const backend = await openWasm();
  const ops = opsOn(backend);
  const shape = [3, SIZE, SIZE] as const;
  const inputs = [
    backend.upload(image, shape, 'float32'),
    backend.upload(baseline, shape, 'float32'),
    backend.upload(ranks, [SIZE, SIZE] as const, 'uint32'),
    backend.upload(spans, [COPIES, 2] as const, 'uint32'),
  ] as const;
  const kernel = () => ops.replaceRanked(...inputs);
  const written = new Float32Array(COPIES * 3 * PIXELS);

  naively();
  inJavaScript(image, baseline, ranks, spans, written);
  const made = kernel();
  const got = await backend.read(made);
  backend.release(made);
  expectClose(got, written, [COPIES, ...shape], 0);
  expectClose(new Float32Array(naive.memory.buffer, all, got.length), written, [COPIES, ...shape], 0);
  const times = await inTurn(
    {
      javascript: async () => inJavaScript(image, baseline, ranks, spans, written),
      naive: async () => naively(),
      kernel: async () => backend.release(kernel()),
    },
    15,
  );
  const against = (time: number) => `${time.toFixed(1)} ms (× ${(time / times.kernel).toFixed(1)})`;
  console.log(
    `replaceRanked ${COPIES} × 3×${SIZE}²: ${times.kernel.toFixed(1)} ms, naive ${against(times.naive)}, JavaScript ${against(times.javascript)}`,
  );
  expect(times.naive).toBeGreaterThan(times.kernel);
  expect(times.javascript).toBeGreaterThan(times.kernel);
  backend.dispose();
});
