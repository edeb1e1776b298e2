import { expect, test, vi } from 'vitest';
import type { Kernel } from '../../src/backends/backend.js';
import { openBackend } from '../../src/backends/select.js';
import { openWasm } from '../../src/backends/wasm.js';
import { opsOn } from '../../src/kernels/ops.js';
import { relu } from '../../src/kernels/relu.js';

async function openWatched() {
  await openWasm(); // unpacks and compiles; Node instantiates its own WebAssembly for that
  const instantiate = vi.spyOn(WebAssembly, 'instantiate');
  const backend = await openWasm();
  const { value } = instantiate.mock.results[0] as { value: Promise<unknown> };
  instantiate.mockRestore();
  const { exports } = (await value) as WebAssembly.Instance;
  return { backend, memory: exports.memory as WebAssembly.Memory };
}

test('memory does not grow over 10,000 scopes', async () => {
  const { backend, memory } = await openWatched();
  const x = backend.upload(new Float32Array(49), [1, 7, 7], 'float32');
  const ops = opsOn(backend);
  // Four tensors, of which one is returned, and the scratch memory of a twin.
  const round = () =>
    backend.release(
      backend.scope(() => ops.rescale(ops.relu(ops.resizeBilinear(x, [64, 64])), ops.minMax(x))),
    );
  round();
  const before = memory.buffer.byteLength;
  for (let i = 0; i < 10_000; i++) round();
  expect(memory.buffer.byteLength).toBe(before);
  ops.resizeBilinear(x, [1024, 1024]); // a tensor that is kept does grow the memory
  expect(memory.buffer.byteLength).toBeGreaterThan(before);
});

test('numbers survive growth of the memory', async () => {
  const { backend, memory } = await openWatched();
  const x = backend.upload(Float32Array.of(1, 2, 3), [3], 'float32');
  const before = memory.buffer.byteLength;
  backend.upload(new Float32Array(2 ** 22), [2 ** 22], 'float32');
  expect(memory.buffer.byteLength).toBeGreaterThan(before);
  expect([...(await backend.read(opsOn(backend).relu(x)))]).toEqual([1, 2, 3]);
});

// 2^30 values are 2^32 bytes; as a 32-bit size that wraps to 0.
test.for([2 ** 28, 2 ** 30, 2 ** 31])('a result of %i values is refused', async (count) => {
  const backend = await openWasm();
  const x = backend.upload(new Float32Array(1), [1], 'float32');
  const large: Kernel<'x', void> = {
    ...relu,
    plan: () => ({ params: { count: 1 }, output: [count], workgroups: [1, 1, 1] }),
  };
  expect(() => backend.run(large, { x }, undefined)).toThrow(
    `wasm: not enough memory for ${count * 4} bytes (a tensor ends at 1 GiB, WebAssembly memory at 4 GiB). Use smaller batches.`,
  );
});

test('disposing frees every tensor', async () => {
  const backend = await openWasm();
  const x = backend.upload(Float32Array.of(1), [1], 'float32');
  backend.dispose();
  await expect(backend.read(x)).rejects.toThrow('read: expected a tensor of this backend');
});

test('an unknown name is refused, and the message lists the known ones', async () => {
  await expect(openBackend('cuda' as 'auto')).rejects.toMatchObject({
    code: 'option',
    message: "backend: expected 'auto', 'wasm' or 'webgpu', got 'cuda'.",
  });
});
