import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import { minMax } from '../test/reference/min-max.js';
import * as reference from '../test/reference/rescale.js';
import { measure, report } from './measure.js';

const maps = [
  ['one saliency map', 1, 224, 224],
  ['saliency maps, batch of 16', 16, 224, 224],
] as const;

describe.each(backends)('rescale on %s', (name) => {
  test.for(maps)('%s [%i, %i, %i]', async ([what, n, h, w], { skip }) => {
    const backend = await open(name, skip);
    const shape = [n, h, w] as const;
    const values = random(n * h * w, 1);
    const ends = minMax(values, shape);
    const x = backend.upload(values, shape, 'float32');
    const range = backend.upload(Float32Array.from(ends), [n, 2], 'float32');
    const once = () => opsOn(backend).rescale(x, range);
    expectClose(await backend.read(once()), reference.rescale(values, ends, shape), shape, 1e-6);
    report(`rescale ${what} [${shape.join(', ')}]`, backend, await measure(backend, once));
  });
});
