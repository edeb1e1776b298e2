import { describe, expect, test } from 'vitest';
import { openWasm } from '../../src/backends/wasm.js';
import { channelSoftmax } from '../../src/kernels/channel-softmax.js';
import { opsOn } from '../../src/kernels/ops.js';
import * as reference from '../../src/reference/channel-softmax.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

const shapes = [
  [1, 1, 1, 1], // one channel has it all
  [2, 5, 2, 3], // batch of 2
  [1, 200, 7, 7], // as many classes as CUB
] as const;

describe.each(backends)('channelSoftmax on %s', (name) => {
  test.for(shapes)('[%i, %i, %i, %i]', async (shape, { skip }) => {
    const backend = await open(name, skip);
    const [n, k, h, w] = shape;
    const x = random(n * k * h * w, 1).map((value) => 10 * value);
    const tensor = backend.upload(x, shape, 'float32');
    const share = opsOn(backend).channelSoftmax(tensor);
    expectClose(await backend.read(share), reference.channelSoftmax(x, [n, k, h * w]), shape, 1e-5);
    const walked = backend.run(onGrid(channelSoftmax, 1), { x: tensor }, undefined);
    expect(await backend.read(walked)).toEqual(await backend.read(share));
  });

  test('values whose exponentials are beyond float32, and equal ones', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = Float32Array.of(1000, -1000, 3e38, 7, 999, -1000, -3e38, 7);
    const share = opsOn(backend).channelSoftmax(backend.upload(x, [1, 2, 1, 4] as const, 'float32'));
    const e = 1 / (1 + Math.exp(-1));
    expectClose(await backend.read(share), [e, 0.5, 1, 0.5, 1 - e, 0.5, 0, 0.5], [2, 4], 1e-6);
  });
});

// Its exponential is the twin's own: every exponent a float has, both sides of each half, and what lies below
// the least.
test('shares down to the least normal float on WebAssembly', async () => {
  const backend = await openWasm();
  const below = Float32Array.from({ length: 4001 }, (_, i) => (-100 * i) / 4000);
  const x = new Float32Array(8002);
  x.set(below, 4001);
  const share = opsOn(backend).channelSoftmax(backend.upload(x, [1, 2, 1, 4001] as const, 'float32'));
  const got = (await backend.read(share)).subarray(4001);
  for (const [i, value] of below.entries()) {
    const want = Math.exp(value) / (1 + Math.exp(value));
    if (want > 2 ** -125) expect(Math.abs(got[i] / want - 1)).toBeLessThan(4e-7);
    else expect(got[i]).toBeLessThan(2 ** -124);
  }
  expect(got[4000]).toBe(0);
  backend.dispose();
});

test('a rank that does not fit is named', () => {
  expect(() => channelSoftmax.plan({ x: [200, 7, 7] })).toThrow(
    'channelSoftmax: x: expected [n, k, h, w], got [200, 7, 7]',
  );
});
