/** Reading what a session gives. */
import { CamError } from '../errors.js';
import { isDeviceTensor, type Output, type RuntimeTensor } from './types.js';

/** By tensor name. */
export type Outputs = Readonly<Record<string, Output>>;

/** @throws {CamError} `model` for what is neither float32 nor float16 nor float64. */
export function floats(output: RuntimeTensor, where: string): Float32Array {
  if (output.data instanceof Float32Array) return output.data;
  if (output.data instanceof Float64Array) return Float32Array.from(output.data);
  throw new CamError('model', `${where}: expected values of floating point, got ${output.dtype}.`);
}

/** The same of an output that was asked for on the host. */
export function hostFloats(output: Output, where: string): Float32Array {
  if (isDeviceTensor(output)) throw new Error(`${where}: expected an output on the host.`);
  return floats(output, where);
}

/** One image's part of a batch: a view. */
export function imageOf(values: Float32Array, at: number, batch: number): Float32Array {
  const length = values.length / batch;
  return values.subarray(at * length, (at + 1) * length);
}
