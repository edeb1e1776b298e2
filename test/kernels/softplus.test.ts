import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { softplus } from '../../src/kernels/softplus.js';
import * as reference from '../../src/reference/softplus.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

describe.each(backends)('softplus on %s', (name) => {
  test('values around 0, on few workgroups', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = random(2 * 3 * 50, 1).map((value) => 5 * value);
    const tensor = backend.upload(x, [2, 3, 50] as const, 'float32');
    const y = opsOn(backend).softplus(tensor);
    expect(y.shape).toEqual([2, 3, 50]);
    expectClose(await backend.read(y), reference.softplus(x), [2, 3, 50], 1e-6);
    const walked = backend.run(onGrid(softplus, 2), { x: tensor }, undefined);
    expect(await backend.read(walked)).toEqual(await backend.read(y));
  });

  // Relative to each value: attention far below 0 still has proportions.
  test.for([0, -0.5, -6.9, -7, -20, -80, 30, 1e30, 89])('x = %f', async (value, { skip }) => {
    const backend = await open(name, skip);
    const y = opsOn(backend).softplus(backend.upload(Float32Array.of(value), [1], 'float32'));
    expectClose(await backend.read(y), reference.softplus(Float32Array.of(value)), [1], 1e-5);
  });
});

test('an empty axis is named', () => {
  expect(() => softplus.plan({ x: [1, 0] })).toThrow('softplus: x: expected sizes of at least 1, got [1, 0]');
});
