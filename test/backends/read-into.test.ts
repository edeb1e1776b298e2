import { describe, expect, test } from 'vitest';
import { backends, open } from '../backends.js';

describe.each(backends)('reading into a given array on %s', (name) => {
  test('fills only the given part', async ({ skip }) => {
    const backend = await open(name, skip);
    const tensor = backend.upload(Float32Array.of(1, 2, 3), [3] as const, 'float32');
    const ring = new Float32Array(6).fill(9);
    const part = ring.subarray(2, 5);
    expect(await backend.read(tensor, part)).toBe(part);
    expect([...ring]).toEqual([9, 9, 1, 2, 3, 9]);
  });

  test('an array of another length is refused', async ({ skip }) => {
    const backend = await open(name, skip);
    const tensor = backend.upload(Uint32Array.of(1, 2, 3), [3] as const, 'uint32');
    await expect(backend.read(tensor, new Uint32Array(4))).rejects.toThrow(
      'read: expected 3 values for [3], got 4.',
    );
  });
});
