import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/softplus.js';
import { measure, report } from './measure.js';

describe.each(backends)('softplus on %s', (name) => {
  test('attention, batch of 16', async ({ skip }) => {
    const backend = await open(name, skip);
    const values = random(16 * 784, 1);
    const x = backend.upload(values, [16, 28, 28] as const, 'float32');
    const once = () => opsOn(backend).softplus(x);
    expectClose(await backend.read(once()), reference.softplus(values), [16, 28, 28], 1e-6);
    report('softplus attention [16, 28, 28]', backend, await measure(backend, once));
  });
});
