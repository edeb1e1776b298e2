import { describe, expect, test } from 'vitest';
import { openWasm } from '../../src/backends/wasm.js';
import { quantizeLayer } from '../../src/kernels/quantize-layer.js';
import * as reference from '../../src/reference/quantize-layer.js';
import { backends, open } from '../backends.js';
import { allKinds, layerOf } from '../layers.js';

const cases = [
  [2, 14, 14, 224, 224], // the usual one; denominators are powers of two
  [1, 7, 7, 224, 224],
  [1, 5, 7, 113, 97], // denominators are not: every quotient rounds
  [1, 7, 5, 96, 113], // rows and columns differ, odd number of columns
  [1, 1, 1, 32, 32], // one value: no range
  [1, 1, 1, 1, 1],
  [1, 1, 6, 40, 48], // one row
  [1, 28, 28, 448, 448],
  [1, 14, 14, 14, 14], // the layer's own grid
  [1, 16, 12, 9, 20], // coarser rows, columns less than twice as fine: both sampled here
  [1, 9, 10, 90, 13], // columns only
  [1, 9, 9, 10, 10], // barely finer: on the layer's own values 2^31 would not do
  [1, 9, 9, 18, 18], // twice as fine: the least that is left for later
  [1, 64, 3, 5, 60], // far coarser rows: most runs hold no sample
] as const;

describe.each(backends)('quantizeLayer on %s', (name) => {
  test.for(cases)('[%i, *, %i, %i] for [%i, %i]: the same integers as float64', async (size, { skip }) => {
    const backend = await open(name, skip);
    const [n, h, w, H, W] = size;
    const shape = [n, allKinds.length, h, w] as const;
    const activations = layerOf(allKinds, n, h, w);
    const got = backend.run(quantizeLayer, { activations: backend.upload(activations, shape, 'float32') }, [
      H,
      W,
    ]);
    const want = reference.quantizeLayer(activations, shape, [H, W]);
    expect(got.shape).toEqual(want.shape);
    expect(await backend.read(got)).toEqual(want.q);
  });
});

// The twin takes two channels a step: the last has no other, once where q is taken at the layer's positions,
// once at samples.
test.for([
  [7, 6, 32, 32],
  [7, 6, 9, 8],
] as const)('an odd number of channels, [%i, %i] for [%i, %i]', async ([h, w, H, W]) => {
  const backend = await openWasm(); // its memory still empty: results lie one behind the other
  const shape = [1, 3, h, w] as const;
  const activations = layerOf(['dense', 'negative: the range does not start at 0', 'half zeros'], 1, h, w);
  const x = backend.upload(activations, shape, 'float32');
  const once = () => backend.run(quantizeLayer, { activations: x }, [H, W]);
  const [first, second] = [once(), once()];
  backend.release(first);
  const want = reference.quantizeLayer(activations, shape, [H, W]).q;
  // It takes the place of the first: what is written behind its end shows in the second.
  expect(await backend.read(once())).toEqual(want);
  expect(await backend.read(second)).toEqual(want);
  backend.dispose();
});

test('a grid that does not fit 32-bit integers is refused', () => {
  expect(() => quantizeLayer.plan({ activations: [1, 1, 7, 7] }, [224, 40_000])).toThrow(
    'quantizeLayer: columns: expected a sampling grid that fits 32-bit integers (denominator at most 65535, layer times grid below 2^29 along an axis), got 7 to 40000. Choose a smaller resolution.',
  );
});
