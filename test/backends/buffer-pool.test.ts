import { expect, test } from 'vitest';
import { openGpu } from '../../src/backends/gpu-device.js';
import { openWebGpu } from '../../src/backends/webgpu.js';
import { opsOn } from '../../src/kernels/ops.js';
import { open } from '../backends.js';
import { counting } from '../counting-device.js';

async function counted(skip: (reason: string) => void) {
  await open('webgpu', skip);
  const { gpu, counts } = counting(await openGpu());
  return { backend: openWebGpu(gpu, true), counts };
}

test('a large buffer is reused after its release, a small one is not', async ({ skip }) => {
  const { backend, counts } = await counted(skip);
  const ops = opsOn(backend);
  for (const [length, made] of [
    // Each call makes a buffer for uniforms, a result, and a staging buffer for the read. Results of 1 MiB
    // are reused after the first call.
    [2 ** 18, [3, 2, 2]],
    [1000, [3, 3, 3]],
  ] as const) {
    const x = backend.upload(new Float32Array(length).fill(-1), [length], 'float32');
    const seen: number[] = [];
    for (const value of [1, 2, 3]) {
      const y = backend.upload(new Float32Array(length).fill(value), [length], 'float32');
      counts.buffers = 0;
      const product = ops.multiply(x, y);
      const got = await backend.read(product);
      expect(got.every((one) => one === -value)).toBe(true);
      for (const tensor of [product, y]) backend.release(tensor);
      seen.push(counts.buffers);
    }
    expect(seen).toEqual(made);
    backend.release(x);
  }
  backend.dispose();
});

test('a tensor that is released before its use keeps its numbers until then', async ({ skip }) => {
  const { backend } = await counted(skip);
  const ops = opsOn(backend);
  const length = 2 ** 18;
  const x = backend.upload(new Float32Array(length).fill(5), [length], 'float32');
  const y = ops.relu(x);
  backend.release(x); // not yet submitted
  const z = backend.upload(new Float32Array(length).fill(7), [length], 'float32');
  const [first, second] = await Promise.all([backend.read(y), backend.read(ops.relu(z))]);
  expect(first.every((one) => one === 5)).toBe(true);
  expect(second.every((one) => one === 7)).toBe(true);
  backend.dispose();
});

test('counts start at 0 in a buffer of any size', async ({ skip }) => {
  const { backend } = await counted(skip);
  const { grayHistogram } = await import('../../src/kernels/gray-histogram.js');
  // 1,024 pictures in 256 bins: 1 MiB of counts.
  const gray = backend.upload(new Uint32Array(1024 * 4).fill(9), [1024, 2, 2], 'uint32');
  for (let i = 0; i < 3; i++) {
    const counts = backend.run(grayHistogram, { gray }, 256);
    const got = await backend.read(counts);
    expect(got.every((count, at) => count === (at % 256 === 9 ? 4 : 0))).toBe(true);
    backend.release(counts);
  }
  backend.dispose();
});
