import { describe, expect, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { activationLike, random } from '../test/random.js';
import * as reference from '../test/reference/multiply.js';
import { measure, report } from './measure.js';
import { reportPlain } from './plain.js';

const layers = [
  ['ResNet-50 layer4', 1, 2048, 7, 7],
  ['ResNet-50 stem', 1, 64, 112, 112],
] as const;

describe.each(backends)('multiply on %s', (name) => {
  test.for(layers)('%s [%i, %i, %i, %i]', async ([layer, n, k, h, w], { skip }) => {
    const backend = await open(name, skip);
    const shape = [n, k, h, w] as const;
    const [x, y] = [activationLike(n * k * h * w, 1, 0.5), random(n * k * h * w, 2)];
    const [a, b] = [backend.upload(x, shape, 'float32'), backend.upload(y, shape, 'float32')];
    const once = () => opsOn(backend).multiply(a, b);
    const want = Float32Array.from(reference.multiply(x, y));
    expect((await backend.read(once())).every((value, i) => value === want[i])).toBe(true);
    report(`multiply ${layer} [${shape.join(', ')}]`, backend, await measure(backend, once));
    if (name === 'wasm') reportPlain(`multiply ${layer}`, () => reference.multiply(x, y));
  });
});
