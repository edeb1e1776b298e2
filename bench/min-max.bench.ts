import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/min-max.js';
import { measure, report } from './measure.js';

const maps = [
  ['one saliency map', 1, 224, 224],
  ['saliency maps, batch of 16', 16, 224, 224],
] as const;

describe.each(backends)('minMax on %s', (name) => {
  test.for(maps)('%s [%i, %i, %i]', async ([what, n, h, w], { skip }) => {
    const backend = await open(name, skip);
    const shape = [n, h, w] as const;
    const values = random(n * h * w, 1);
    const x = backend.upload(values, shape, 'float32');
    const once = () => opsOn(backend).minMax(x);
    expectClose(await backend.read(once()), reference.minMax(values, shape), [n, 2], 0);
    report(`minMax ${what} [${shape.join(', ')}]`, backend, await measure(backend, once));
  });
});
