/** A small classifier, images for it, and how to see what it is refused with. */
import { CamError, type InputTensor } from '../../src/index.js';
import { type ModelSpec, model, node, weights } from '../onnx/build.js';
import { random } from '../random.js';

export const SIZE = 8;

/** `x` → Conv `c` → Relu `a` → GAP → Gemm → `logits [n, 5]`. */
export function classifier(more: Partial<ModelSpec> = {}): Uint8Array {
  return model({
    inputs: { x: ['n', 3, SIZE, SIZE] },
    nodes: [
      node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['c'], ['a']),
      node('GlobalAveragePool', ['a'], ['g']),
      node('Flatten', ['g'], ['f']),
      node('Gemm', ['f', 'fc'], ['logits']),
    ],
    outputs: { logits: ['n', 5] },
    ...more,
    initializers: { w: weights([6, 3, 3, 3]), fc: weights([6, 5]), ...more.initializers },
  });
}

export const image = (seed: number, size = SIZE): InputTensor => ({
  data: random(3 * size * size, seed),
  shape: [3, size, size],
});

/** Code and message of the `CamError` that a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<[string, string]> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CamError)) throw error ?? new Error('nothing was thrown');
  return [error.code, error.message];
}
