import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/class-margin.js';
import { measure, report } from './measure.js';

describe.each(backends)('classMargin on %s', (name) => {
  test('1000 classes at 14×14', async ({ skip }) => {
    const backend = await open(name, skip);
    const shape = [1, 1000, 14, 14] as const;
    const values = random(196_000, 1);
    const chosen = new Float32Array(1000).fill(1, 7, 8);
    const x = backend.upload(values, shape, 'float32');
    const choice = backend.upload(chosen, [1, 1000] as const, 'float32');
    const once = () => opsOn(backend).classMargin(x, choice);
    const want = reference.classMargin(values, chosen, [1, 1000, 196]);
    expectClose(await backend.read(once()), want, [14, 14], 1e-6);
    report('classMargin 1000 classes [14, 14]', backend, await measure(backend, once));
  });
});
