import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { activationLike } from '../test/random.js';
import * as reference from '../test/reference/share.js';
import { measure, report } from './measure.js';

describe.each(backends)('share on %s', (name) => {
  test('attention, batch of 16', async ({ skip }) => {
    const backend = await open(name, skip);
    const values = activationLike(16 * 784, 1, 0);
    const x = backend.upload(values, [16, 28, 28] as const, 'float32');
    const once = () => opsOn(backend).share(x);
    expectClose(await backend.read(once()), reference.share(values, [16, 784]), [16, 28, 28], 1e-5);
    report('share attention [16, 28, 28]', backend, await measure(backend, once));
  });
});
