import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/relu.js';
import { measure, report } from './measure.js';

const maps = [
  ['coarse maps, batch of 16', [16, 14, 14]],
  ['ResNet-50 layer4', [1, 2048, 7, 7]],
  ['ResNet-50 stem', [1, 64, 112, 112]],
] as const;

describe.each(backends)('relu on %s', (name) => {
  test.for(maps)('%s %j', async ([what, shape], { skip }) => {
    const backend = await open(name, skip);
    const values = random(
      shape.reduce<number>((a, b) => a * b, 1),
      1,
    );
    const x = backend.upload(values, shape, 'float32');
    const once = () => opsOn(backend).relu(x);
    expectClose(await backend.read(once()), reference.relu(values), shape, 0);
    report(`relu ${what} [${shape.join(', ')}]`, backend, await measure(backend, once));
  });
});
