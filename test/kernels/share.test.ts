import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { share } from '../../src/kernels/share.js';
import * as reference from '../../src/reference/share.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { activationLike } from '../random.js';

const shapes = [
  [1, 1, 1], // one position has it all
  [3, 2, 5], // fewer positions than invocations
  [2, 14, 14], // more
] as const;

describe.each(backends)('share on %s', (name) => {
  test.for(shapes)('[%i, %i, %i]', async (shape, { skip }) => {
    const backend = await open(name, skip);
    const [n, h, w] = shape;
    const x = activationLike(n * h * w, 1, 0.2);
    const tensor = backend.upload(x, shape, 'float32');
    const result = opsOn(backend).share(tensor);
    expectClose(await backend.read(result), reference.share(x, [n, h * w]), shape, 1e-5);
    const walked = backend.run(onGrid(share, 1), { x: tensor }, undefined);
    expect(await backend.read(walked)).toEqual(await backend.read(result));
  });

  test('tiny values keep their shares; a map of 0 stays 0, its neighbour does not', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = backend.upload(Float32Array.of(1e-35, 3e-35, 0, 0, 1, 1), [3, 1, 2] as const, 'float32');
    expectClose(await backend.read(opsOn(backend).share(x)), [0.25, 0.75, 0, 0, 0.5, 0.5], [3, 2], 1e-5);
  });
});

test('a rank that does not fit is named', () => {
  expect(() => share.plan({ x: [7, 7] })).toThrow('share: x: expected [n, h, w], got [7, 7]');
});
