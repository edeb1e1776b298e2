import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'vitest';
import { isDeviceTensor, type Output, type RuntimeTensor } from '../../src/runtime/index.js';
import { expectClose } from '../close.js';

const folder = resolve(process.env.ONNX_CAM_TEST_REFERENCE ?? '../shared/reference', 'families');

export const noReference = existsSync(folder) ? undefined : `no reference models at ${folder}`;

export interface Reference {
  readonly bytes: Uint8Array;
  readonly input: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly logits: { readonly data: Float32Array; readonly shape: readonly number[] };
}

export function reference(family: string): Reference {
  const file = (name: string) => readFileSync(resolve(folder, family, name));
  return { bytes: file('model.onnx'), input: npy(file('input.npy')), logits: npy(file('logits.npy')) };
}

/** Little-endian float32 in C order, which all reference tensors are. */
function npy(file: Buffer): { data: Float32Array; shape: number[] } {
  const start = 10 + file.readUInt16LE(8);
  const header = file.toString('latin1', 10, start);
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False")) throw new Error(header);
  const shape = /\(([\d, ]*)\)/
    .exec(header)![1]
    .split(',')
    .filter((d) => d.trim())
    .map(Number);
  return { data: new Float32Array(Uint8Array.from(file.subarray(start)).buffer), shape };
}

/** The output, which must be on the host. */
export function onHost(output: Output | undefined): RuntimeTensor {
  if (!output || isDeviceTensor(output)) throw new Error('expected an output on the host');
  return output;
}

/** Shape and values of a float32 output on the host; `bound` is relative to the largest value. */
export function expectFloats(
  output: Output | undefined,
  want: { readonly data: Float32Array; readonly shape: readonly number[] },
  bound: number,
): void {
  const { dtype, shape, data } = onHost(output);
  expect([dtype, shape]).toEqual(['float32', want.shape]);
  expectClose(Float32Array.from(data, Number), want.data, want.shape, bound);
}
