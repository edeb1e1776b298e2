import { describe, expect, test, vi } from 'vitest';
import type { WebGpuBackend } from '../../src/backends/webgpu.js';
import { relu } from '../../src/kernels/relu.js';
import { backends, open } from '../backends.js';

const gpu = backends.filter((name) => name === 'webgpu');
const values = (from: number, length: number) => Float32Array.from({ length }, (_, i) => from + i);

describe.each(gpu)('reading back on %s', (name) => {
  /** The backend, and the sizes of the staging buffers that it makes from now on. */
  async function watched(skip: (note: string) => never) {
    const backend = (await open(name, skip)) as WebGpuBackend;
    const create = vi.spyOn(backend.gpu.device, 'createBuffer').mockClear();
    const sizes = () =>
      create.mock.calls.flatMap(([{ usage, size }]) => (usage & GPUBufferUsage.MAP_READ ? [size] : []));
    return { backend, sizes };
  }

  test('all reads of one turn share one staging buffer', async ({ skip }) => {
    const { backend, sizes } = await watched(skip);
    const [a, b, c] = [1, 5, 2].map((length) => backend.upload(values(length, length), [length], 'float32'));
    const d = backend.upload(Uint32Array.of(7, 2 ** 32 - 1), [2] as const, 'uint32');
    const target = new Float32Array(5).fill(9);
    const got = await Promise.all([
      backend.read(a),
      backend.read(b),
      backend.read(c, target.subarray(1, 3)),
      backend.read(d),
      backend.read(b),
    ]);
    expect(got.map((one) => [...one])).toEqual([
      [1],
      [5, 6, 7, 8, 9],
      [2, 3],
      [7, 2 ** 32 - 1],
      [5, 6, 7, 8, 9],
    ]);
    expect([...target]).toEqual([9, 2, 3, 9, 9]);
    // 15 values, rounded up to 16 bytes.
    expect(sizes()).toEqual([64]);
    await backend.read(a);
    expect(sizes()).toEqual([64, 16]);
  });

  test('a tensor may be released as soon as its read was requested, whatever else happens in the same turn', async ({
    skip,
  }) => {
    const { backend } = await watched(skip);
    const read = [1, 2, 3].map((from) => {
      const tensor = backend.upload(values(from, 3), [3] as const, 'float32');
      const result = backend.read(tensor);
      backend.release(tensor);
      // More dispatches than one submission takes, so one is submitted between the requests.
      for (let i = 0; i < 70; i++) {
        const x = backend.upload(values(-i, 4), [4] as const, 'float32');
        backend.release(backend.run(relu, { x }, undefined));
        backend.release(x);
      }
      return result;
    });
    expect((await Promise.all(read)).map((one) => [...one])).toEqual([
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 5],
    ]);
  });

  test('more bytes than one buffer can hold come through several', async ({ skip }) => {
    const { backend, sizes } = await watched(skip);
    const limit = vi.spyOn(backend.gpu.device.limits, 'maxBufferSize', 'get').mockReturnValue(48);
    try {
      const tensors = [8, 4, 8, 4, 12].map((length) =>
        backend.upload(values(length, length), [length], 'float32'),
      );
      const got = await Promise.all(tensors.map((tensor) => backend.read(tensor)));
      expect(got).toEqual([8, 4, 8, 4, 12].map((length) => values(length, length)));
      expect(sizes()).toEqual([48, 48, 48]);
    } finally {
      limit.mockRestore();
    }
  });

  test('where a submission fails, all pending reads reject, and the next read is right', async ({ skip }) => {
    const { backend } = await watched(skip);
    const [a, b] = [3, 4].map((length) => backend.upload(values(length, length), [length], 'float32'));
    const destroy = vi.spyOn(GPUBuffer.prototype, 'destroy');
    const submit = vi.spyOn(backend.gpu.device.queue, 'submit').mockImplementationOnce(() => {
      throw new Error('no submission');
    });
    const both = await Promise.allSettled([backend.read(a), backend.read(b)]);
    for (const one of both)
      expect(one).toMatchObject({
        status: 'rejected',
        reason: { code: 'gpu', message: expect.stringContaining('no submission') },
      });
    expect(destroy).toHaveBeenCalledTimes(1);
    expect(await Promise.all([backend.read(a), backend.read(b)])).toEqual([values(3, 3), values(4, 4)]);
    expect(destroy).toHaveBeenCalledTimes(2);
    submit.mockRestore();
    destroy.mockRestore();
  });
});
