import {
  elements,
  type Kernel,
  type Plan,
  type Shader,
  type Shape,
  type ShapeOf,
} from '../backends/backend.js';
import { CamError } from '../errors.js';

type InputOf<S extends Shader> = S['inputs'][number]['name'];
type ParamOf<S extends Shader> = S['params'][number]['name'];

/**
 * Joins a generated shader with the rule from shapes to a call. A missing uniform or a misspelt input does
 * not compile.
 */
export function defineKernel<const S extends Shader, O = void>(
  shader: S,
  plan: (shapes: Readonly<Record<InputOf<S>, Shape>>, options: O) => Plan<ParamOf<S>>,
): Kernel<InputOf<S>, O> {
  return { shader, plan };
}

export const ceilDiv = (a: number, b: number): number => Math.ceil(a / b);

/**
 * WebGPU's limit of workgroups along one axis. Kernels that could exceed it walk on by the size of the grid.
 */
export const MAX_WORKGROUPS = 65_535;

/** Positions of a map that a workgroup takes where several invocations share a position's channels. */
export const POSITIONS = 8;

/** A one-dimensional grid for `count` items; the shader strides over what is left. */
export function linearGrid(count: number, workgroup: number): [number, number, number] {
  return [Math.min(ceilDiv(count, workgroup), MAX_WORKGROUPS), 1, 1];
}

function rank<R extends number>(r: R, letters: string) {
  return (where: string, shape: Shape): ShapeOf<R> => {
    if (shape.length !== r || shape.some((size) => !(Number.isInteger(size) && size > 0))) {
      throw new CamError('shape', `${where}: expected ${letters}, got [${shape.join(', ')}]`);
    }
    return shape as ShapeOf<R>;
  };
}

export const rank2 = rank(2, '[n, k]');
export const rank3 = rank(3, '[n, h, w]');
export const rank4 = rank(4, '[n, k, h, w]');

/** Number of values in a tensor of any rank. @throws {CamError} `shape` for an axis of size 0. */
export function expectSizes(where: string, shape: Shape): number {
  if (shape.some((size) => !(Number.isInteger(size) && size > 0))) {
    throw new CamError('shape', `${where}: expected sizes of at least 1, got [${shape.join(', ')}]`);
  }
  return elements(shape);
}

export function expectShape(where: string, shape: Shape, expected: Shape, why: string): void {
  if (shape.length !== expected.length || shape.some((size, i) => size !== expected[i])) {
    throw new CamError(
      'shape',
      `${where}: expected [${expected.join(', ')}] (${why}), got [${shape.join(', ')}]`,
    );
  }
}
