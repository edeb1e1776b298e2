import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { concat, InputRoom, Memory } from '../../src/explain/memory.js';
import { createExplainer, type Explainer, type Explanation, eigenCam, miCam } from '../../src/index.js';
import type { InputTensor, Picture } from '../../src/types.js';
import { generator } from '../random.js';

describe('memory is reused', () => {
  test('the smallest buffer that is large enough; another one while it is in use', () => {
    const memory = new Memory();
    const [large, small] = [memory.take(100), memory.take(10)];
    memory.give(large);
    memory.give(small);
    const again = memory.take(8);
    expect(again.buffer).toBe(small.buffer);
    expect(again.length).toBe(8);
    expect(memory.take(8).buffer).toBe(large.buffer);
    expect(memory.take(8).buffer).not.toBe(large.buffer);
  });

  test('buffers for pictures of many sizes are bounded; after clearing, none is left', () => {
    const memory = new Memory();
    const sizes = Array.from({ length: 40 }, (_, i) => (i + 1) << 20);
    for (const size of sizes) memory.give(memory.take(size >> 2));
    const kept = new Set<ArrayBuffer>();
    for (let i = 0; i < 40; i++) kept.add(memory.take(1).buffer);
    const bytes = [...kept].reduce((sum, { byteLength }) => sum + (byteLength > 4 ? byteLength : 0), 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(64 << 20);
    const one = memory.take(1000);
    memory.give(one);
    memory.clear();
    expect(memory.take(1000).buffer).not.toBe(one.buffer);
  });

  test('inputs are contiguous, and are fed without a copy', () => {
    const memory = new Memory();
    const room = new InputRoom(memory, 3);
    const parts = [1, 2, 3].map((value) => room.next(4).fill(value));
    const fed = concat(parts);
    expect(fed.buffer).toBe(parts[0].buffer);
    expect([...fed]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    // One that was left out, or another order: then they are copied.
    expect([...concat([parts[0], parts[2]])]).toEqual([1, 1, 1, 1, 3, 3, 3, 3]);
    expect([...concat([parts[1], parts[0]])]).toEqual([2, 2, 2, 2, 1, 1, 1, 1]);
    room.release();
    expect(new InputRoom(memory, 3).next(4).buffer).toBe(fed.buffer);
  });

  test('the buffer of a failed image is reused for the next one', () => {
    const room = new InputRoom(new Memory(), 3);
    const first = room.next(4);
    room.next(4);
    room.back(4);
    expect(concat([first, room.next(4)]).buffer).toBe(first.buffer);
  });

  test('a large batch allocates as images arrive', () => {
    const room = new InputRoom(new Memory(), 1_000_000);
    const parts = Array.from({ length: 20 }, (_, i) => room.next(3).fill(i));
    expect([...concat(parts)]).toEqual(parts.flatMap((part) => [...part]));
    expect(new Set(parts.map(({ buffer }) => buffer)).size).toBe(3);
  });
});

describe('earlier results stay unchanged and do not affect later ones', () => {
  let explainer: Explainer;
  beforeAll(async () => {
    const bytes = readFileSync(new URL('../../models/birds.onnx', import.meta.url));
    explainer = await createExplainer(bytes, { backend: 'wasm', methods: [miCam(), eigenCam()] });
  });
  afterAll(() => explainer.dispose());

  const random = generator(5);
  const picture = (): Picture => ({
    data: Uint8Array.from({ length: 128 * 128 * 4 }, (_, i) => (i % 4 === 3 ? 255 : random() * 256)),
    width: 128,
    height: 128,
  });
  const tensor = (): InputTensor => ({
    data: Float32Array.from({ length: 3 * 128 * 128 }, () => random() - 0.5),
    shape: [3, 128, 128],
  });
  const plain = (all: readonly Explanation[]) =>
    all.map(({ scores, maps }) =>
      Object.values(maps).map(({ saliency, raw, weights }) =>
        [scores, saliency, raw.data, weights ?? new Float32Array()].map((values) => values.slice()),
      ),
    );

  test('pictures and tensors in one batch, broken ones among them, batches of any size', async () => {
    const broken: Picture = { data: new Uint8Array(7), width: 128, height: 128 };
    const sources = [picture(), tensor(), picture(), broken, picture(), tensor(), picture(), picture()];
    const alone: Explanation[] = [];
    for (const source of sources)
      if (source !== broken) alone.push(...(await explainer.explain([source], { batch: 1 })));
    const kept = plain(alone);
    for (const batch of [2, 3, 8, 50]) {
      const errors: number[] = [];
      const together = await explainer.explain(sources, {
        batch,
        onError: (_, image) => errors.push(image),
      });
      expect(errors).toEqual([3]);
      expect(together.map(({ image }) => image)).toEqual([0, 1, 2, 4, 5, 6, 7]);
      expect(plain(together)).toEqual(kept);
    }
    expect(plain(alone)).toEqual(kept);
  });

  // Batches of both kinds come and go while others are in work.
  test.each([{}, { augment: true }])('two calls at the same time, in several batches %o', async (options) => {
    const [one, other] = [Array.from({ length: 6 }, picture), Array.from({ length: 6 }, picture)];
    const calls = () => [
      explainer.explain(one, { ...options, batch: 2 }),
      explainer.explain(other, { ...options, batch: 3 }),
    ];
    const alone: unknown[] = [];
    for (const [at, images] of [one, other].entries())
      alone.push(plain(await explainer.explain(images, { ...options, batch: at + 2 })));
    expect((await Promise.all(calls())).map(plain)).toEqual(alone);
  });

  test('later batches reuse buffers of earlier ones; none is lost where images fail', async () => {
    const take = vi.spyOn(Memory.prototype, 'take');
    const give = vi.spyOn(Memory.prototype, 'give');
    const buffers = () => new Set(take.mock.results.map(({ value }) => value.buffer)).size;
    const broken: Picture = { data: new Uint8Array(7), width: 128, height: 128 };
    await explainer.explain(Array.from({ length: 4 }, picture), { batch: 4 });
    const once = buffers();
    const sources = [...Array.from({ length: 50 }, () => broken), ...Array.from({ length: 12 }, picture)];
    await explainer.explain(sources, { batch: 4, onError: () => undefined });
    expect(buffers()).toBe(once);
    expect(take.mock.calls.length).toBe(give.mock.calls.length);
    take.mockRestore();
    give.mockRestore();
  });
});
