import { floats, imageOf, isDeviceTensor, type Output } from '../../runtime/index.js';

/**
 * What rounding leaves of values that cancel: float32 carries 6e-8 of the largest, and a mean adds up a few
 * of these.
 */
const NOISE = 1e-6;

/**
 * For each image, whether the weights of its channels are what rounding leaves of gradients that cancel: none
 * is above a millionth of the largest gradient, and some are not 0. Unknown, and so false, where gradients
 * are on a device: looking would mean to read them back.
 *
 * @param weights  `[n, k]`, averages of the gradients.
 * @param gradients  `[n, k, h, w]`
 */
export function cancelling(weights: Float32Array, gradients: Output, batch: number): readonly boolean[] {
  if (isDeviceTensor(gradients)) return [];
  const values = floats(gradients, 'gradients');
  return Array.from({ length: batch }, (_, at) =>
    noise(imageOf(weights, at, batch), imageOf(values, at, batch)),
  );
}

function noise(weights: Float32Array, gradients: Float32Array): boolean {
  let largest = 0;
  for (const weight of weights) largest = Math.max(largest, Math.abs(weight));
  if (!(largest > 0)) return false;
  const bound = largest / NOISE;
  for (let i = 0; i < gradients.length; i++) if (Math.abs(gradients[i]) >= bound) return true;
  return false;
}
