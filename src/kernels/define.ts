import {
  type DataType,
  elements,
  type Kernel,
  type Plan,
  type Shader,
  type Shape,
  type ShapeOf,
  type Tensor,
} from '../backends/backend.js';
import { CamError } from '../errors.js';

type InputOf<S extends Shader> = S['inputs'][number]['name'];
type ParamOf<S extends Shader> = S['params'][number]['name'];

/**
 * Number of axes. `any`: shapes of every rank are taken; of an output, its options decide. `same`: the output
 * has the shape of the first input.
 */
export type Rank = number | 'any' | 'same';

/** The rank of each input and of the output, by the names that the shader gives them. */
export type RanksOf<S extends Shader> = Readonly<Record<InputOf<S> | S['output']['name'], Rank>>;

/** A tensor of this rank and element type. */
export type Ranked<R extends Rank, D extends DataType> = R extends number ? Tensor<R, D> : Tensor<number, D>;

type AnswerOf<S extends Shader, R extends RanksOf<S>> = Ranked<
  R[S['output']['name'] & keyof R],
  S['output']['dtype']
>;

/** A kernel with its declaration: `shader` has names and element types, `ranks` the ranks. */
export interface DefinedKernel<S extends Shader, R extends RanksOf<S>, O>
  extends Kernel<InputOf<S>, O, AnswerOf<S, R>> {
  readonly shader: S;
  readonly ranks: R;
}

/**
 * Declares a kernel: a generated shader, which has names and element types, the ranks of inputs and output,
 * and the rule from shapes to a call. A missing uniform or a misspelt name does not compile. `Ops` follows
 * from the declaration; a test holds every kernel's answer against the declared rank.
 */
export function defineKernel<const S extends Shader, const R extends RanksOf<S>, O = void>(
  shader: S,
  ranks: R,
  plan: (shapes: Readonly<Record<InputOf<S>, Shape>>, options: O) => Plan<ParamOf<S>>,
): DefinedKernel<S, R, O> {
  return { shader, ranks, plan: plan as DefinedKernel<S, R, O>['plan'] };
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
