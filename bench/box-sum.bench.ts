import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/box-sum.js';
import { measure, report } from './measure.js';

const maps = [
  ['one map', [1, 14, 14]],
  ['1000 classes', [1000, 14, 14]],
] as const;

describe.each(backends)('boxSum on %s', (name) => {
  test.for(maps)('%s %j', async ([what, shape], { skip }) => {
    const backend = await open(name, skip);
    const values = random(shape[0] * shape[1] * shape[2], 1);
    const x = backend.upload(values, shape, 'float32');
    const once = () => opsOn(backend).boxSum(x, 3);
    expectClose(await backend.read(once()), reference.boxSum(values, shape, 3), shape, 1e-5);
    report(`boxSum ${what} [${shape.join(', ')}]`, backend, await measure(backend, once));
  });
});
