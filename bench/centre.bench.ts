import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { activationLike } from '../test/random.js';
import * as reference from '../test/reference/centre.js';
import { measure, report } from './measure.js';
import { reportPlain } from './plain.js';

const layers = [
  ['ResNet-50 layer4', 1, 2048, 7, 7],
  ['ResNet-50 stem', 1, 64, 112, 112],
] as const;

describe.each(backends)('centre on %s', (name) => {
  test.for(layers)('%s [%i, %i, %i, %i]', async ([layer, n, k, h, w], { skip }) => {
    const backend = await open(name, skip);
    const shape = [n, k, h, w] as const;
    const values = activationLike(n * k * h * w, 1, 0.5);
    const x = backend.upload(values, shape, 'float32');
    const once = () => opsOn(backend).centre(x);
    expectClose(await backend.read(once()), reference.centre(values, n * k), shape, 3e-7);
    report(`centre ${layer} [${shape.join(', ')}]`, backend, await measure(backend, once));
    if (name === 'wasm') reportPlain(`centre ${layer}`, () => reference.centre(values, n * k));
  });
});
