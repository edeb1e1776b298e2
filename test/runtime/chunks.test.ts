import { describe, expect, test } from 'vitest';
import { type HostTensor, joinRows, planChunks } from '../../src/runtime/chunks.js';

const tensor = (shape: readonly number[], ...values: number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});
const input = (name: string, ...shape: (number | string)[]) => ({ name, dtype: 'float32' as const, shape });

describe('planChunks', () => {
  test('a dynamic batch size, or exactly the fixed one, needs no splitting', () => {
    const feeds = new Map([['x', tensor([2, 1], 1, 2)]]);
    expect(planChunks([input('x', 'n', 1)], feeds)).toBeUndefined();
    expect(planChunks([input('x', 2, 1)], feeds)).toBeUndefined();
  });

  test('a partial last chunk is filled up with its last row', () => {
    const plan = planChunks(
      [input('x', 4, 2)],
      new Map([['x', tensor([6, 2], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)]]),
    );
    expect(plan?.chunks.map(({ rows, feeds }) => [rows, feeds.get('x')])).toEqual([
      [4, tensor([4, 2], 1, 2, 3, 4, 5, 6, 7, 8)],
      [2, tensor([4, 2], 9, 10, 11, 12, 11, 12, 11, 12)],
    ]);
  });

  test('fewer rows than one batch are filled up too', () => {
    const plan = planChunks([input('x', 3)], new Map([['x', tensor([1], 7)]]));
    expect(plan?.chunks.map(({ feeds }) => feeds.get('x'))).toEqual([tensor([3], 7, 7, 7)]);
  });

  // a class index per image (dynamic), and a constant whose first dimension is as declared
  test('inputs with one row per image are split too, constants go whole', () => {
    const inputs = [input('x', 1, 1), input('target', 'n'), input('mean', 3)];
    const feeds = new Map([
      ['x', tensor([2, 1], 5, 6)],
      ['target', tensor([2], 8, 9)],
      ['mean', tensor([3], 1, 2, 3)],
    ]);
    expect(planChunks(inputs, feeds)?.chunks.map((chunk) => [...chunk.feeds.values()])).toEqual([
      [tensor([1, 1], 5), tensor([1], 8), tensor([3], 1, 2, 3)],
      [tensor([1, 1], 6), tensor([1], 9), tensor([3], 1, 2, 3)],
    ]);
  });

  test('inputs that disagree on the number of passes are named', () => {
    const feeds = new Map([
      ['x', tensor([4], 1, 2, 3, 4)],
      ['z', tensor([6], 1, 2, 3, 4, 5, 6)],
    ]);
    expect(() => planChunks([input('x', 2), input('z', 2)], feeds)).toThrow(
      'input "z": expected 2 rows at a time, as many times as "x" (4 rows, 2 at a time), got 6.',
    );
  });
});

describe('joinRows', () => {
  const plan = { batch: 2, chunks: [2, 1].map((rows) => ({ rows, feeds: new Map() })) };

  test('the padding rows are cut', () => {
    expect(joinRows('y', [tensor([2, 2], 1, 2, 3, 4), tensor([2, 2], 5, 6, 0, 0)], plan)).toEqual(
      tensor([3, 2], 1, 2, 3, 4, 5, 6),
    );
  });

  test('64-bit integers are joined too', () => {
    const part = (...values: bigint[]) => ({
      dtype: 'int64' as const,
      shape: [2],
      data: BigInt64Array.from(values),
    });
    expect(joinRows('y', [part(1n, 2n), part(-3n, 0n)], plan).data).toEqual(BigInt64Array.of(1n, 2n, -3n));
  });

  test('an output without a row per image is an error', () => {
    expect(() => joinRows('mean', [tensor([1, 2], 1, 2), tensor([1, 2], 1, 2)], plan)).toThrow(
      'output "mean": expected 2 rows (the model takes 2 at a time), got the shape [1, 2]. Feed exactly 2.',
    );
  });
});
