/**
 * Pooling that is more than a mean: generalised means (Clip, Pow, mean, Pow), norms, deviations, log-sum-exp.
 * What it does element by element in front of its reduction belongs to it, not to the layer that it pools.
 */

import type { GraphFacts } from './graph-facts.js';
import type { Node } from './model.js';
import { toFloat32 } from './values.js';
import type { GraphIndex } from './walk.js';

type Facts = Pick<GraphFacts, 'index' | 'shapes'>;

/** Operators that leave values as they are. */
const keeping = new Set('Identity Cast CastLike Dropout Flatten Reshape Squeeze Unsqueeze'.split(' '));
const reductions = new Set('GlobalAveragePool AveragePool ReduceMean ReduceSum'.split(' '));
/** Reductions that take powers or exponentials themselves, and what they take. */
const wholes: ReadonlyMap<string, Kind> = new Map([
  ['ReduceL1', 'power'],
  ['ReduceL2', 'power'],
  ['ReduceSumSquare', 'power'],
  ['GlobalLpPool', 'power'],
  ['ReduceLogSumExp', 'exponential'],
  ['ReduceLogSum', 'exponential'],
]);
/** Arithmetic with numbers that do not depend on the picture. */
const scaling = new Set('Mul Div Add Sub Max Clip'.split(' '));

/** Most operators of one idiom, in either direction. */
const MOST_STEPS = 16;

type Kind = 'power' | 'exponential';

/**
 * The tensor that a pooling idiom pools, of which `tensor` is the last element-wise step; `tensor` itself
 * where it is no step of one.
 * @param isLayer  Whether a tensor may be a layer: no other one is given.
 */
export function beforePrelude(facts: Facts, tensor: string, isLayer: (tensor: string) => boolean): string {
  const after = endOf(facts, tensor);
  let { kind } = after;
  let isIdiom = after.isWhole;
  let name = tensor;
  let found = tensor;
  for (let i = 0; i < MOST_STEPS; i++) {
    const node = facts.index.producer(name);
    const step = node && stepOf(facts, node, kind, isIdiom);
    if (!step || !isLayer(step.from)) break;
    name = step.from;
    if (step.raises) isIdiom = true;
    if (step.centres) kind ??= 'power';
    if (step.pools) {
      // What came behind it was the root; the power is still to come.
      kind = 'power';
      isIdiom = false;
    }
    // A square without a root is an activation, unless what is squared is a difference from the mean.
    if (isIdiom && kind) found = name;
  }
  return found;
}

/** What undoes the idiom behind its reduction: a root, or a logarithm. */
function endOf(facts: Facts, tensor: string): { readonly kind?: Kind; readonly isWhole: boolean } {
  const { index } = facts;
  let name = tensor;
  let reduced = false;
  for (let i = 0; i < MOST_STEPS; i++) {
    const [node, ...others] = index.consumers(name).filter(({ opType }) => opType !== 'Shape');
    if (!node || others.length > 0 || node.domain !== '') break;
    const whole = wholes.get(node.opType);
    if (whole && !reduced) return { kind: whole, isWhole: true };
    if (reductions.has(node.opType)) reduced = true;
    else if (reduced && (node.opType === 'Sqrt' || isPower(node, name, index)))
      return { kind: 'power', isWhole: false };
    else if (reduced && node.opType === 'Log') return { kind: 'exponential', isWhole: false };
    else if (!keeping.has(node.opType) && !(scaling.has(node.opType) && operand(node, index) === name)) break;
    name = node.outputs[0] ?? '';
  }
  return { isWhole: false };
}

interface Step {
  readonly from: string;
  /** Whether it takes a power or an exponential. */
  readonly raises?: boolean;
  /** Whether it takes the difference from a mean or a maximum over the positions. */
  readonly centres?: boolean;
  /** Whether it is a mean over windows, with a power behind it. */
  readonly pools?: boolean;
}

/** The step that a node is of an idiom. Bounds and factors belong to it only in front of a power. */
function stepOf(facts: Facts, node: Node, kind: Kind | undefined, isIdiom: boolean): Step | undefined {
  const { index } = facts;
  const { opType, domain, inputs } = node;
  const [from = '', second = ''] = inputs;
  if (domain !== '') return undefined;
  if (opType === 'Cast' || opType === 'Identity' || opType === 'Dropout') return { from };
  const isSquare = opType === 'Mul' && from === second;
  if (isSquare || isPower(node, from, index))
    return kind === 'exponential' ? undefined : { from, raises: true };
  if (kind === undefined) {
    if (opType === 'Sqrt') return { from, raises: true };
    if (opType === 'AveragePool' && isIdiom) return { from, pools: true };
  }
  if (opType === 'Exp') return kind === 'exponential' ? { from, raises: true } : undefined;
  if (!isIdiom) return undefined;
  if (opType === 'Abs' || (opType === 'Log' && kind === 'exponential')) return { from };
  if (opType === 'Sub' && isOver(second, from, index)) return { from, centres: true };
  const other = operand(node, index);
  if (other === undefined) return undefined;
  if (opType === 'Clip' || opType === 'Max') return isGuard(node, other, index) ? { from: other } : undefined;
  const isFactor = kind === 'exponential' && scaling.has(opType);
  const isOffset = opType === 'Add' && inputs.every((name) => name === other || isScalar(name, index));
  return isFactor || isOffset ? { from: other } : undefined;
}

const isPower = ({ opType, inputs }: Node, base: string, index: GraphIndex): boolean =>
  opType === 'Pow' && inputs[0] === base && isFixed(inputs[1] ?? '', index);

/** The one input that depends on the picture; `undefined` where there are several. */
function operand({ inputs }: Node, index: GraphIndex): string | undefined {
  const open = inputs.filter((name) => name !== '' && !isFixed(name, index));
  return open.length === 1 ? open[0] : undefined;
}

/** Whether a value is computed from constants and lengths alone. */
function isFixed(tensor: string, index: GraphIndex): boolean {
  const open = [tensor];
  const seen = new Set<string>();
  while (open.length > 0) {
    const name = open.pop() ?? '';
    if (name === '' || seen.has(name) || index.constant(name)) continue;
    seen.add(name);
    const node = index.producer(name);
    if (node?.opType === 'Shape' || node?.opType === 'Size') continue;
    if (!node || seen.size > MOST_STEPS) return false;
    open.push(...index.reads(node));
  }
  return true;
}

/** A lower bound above 0, without an upper one: a Clip from 0 on, or to 6, is an activation. */
function isGuard(node: Node, operand: string, index: GraphIndex): boolean {
  const lowest = node.attributes.get('min');
  const highest = node.attributes.get('max');
  const most = highest?.type === 'float' ? highest.value : Number.POSITIVE_INFINITY;
  if (most < LARGEST || (node.opType === 'Clip' && node.inputs[2])) return false;
  const bounds = node.inputs.filter((name) => name !== operand && name !== '');
  const values = bounds.map((name) => number(name, index));
  if (lowest?.type === 'float') values.push(lowest.value);
  return values.length > 0 && values.every((value) => value !== undefined && value > 0);
}

/** Exporters write the largest float32 for no bound. */
const LARGEST = 1e38;

const isScalar = (name: string, index: GraphIndex): boolean => number(name, index) !== undefined;

/** The value of a constant of one element. */
function number(name: string, index: GraphIndex): number | undefined {
  const constant = index.constant(name);
  if (!constant || constant.external || constant.dims.some((dim) => dim !== 1)) return undefined;
  return /float/.test(constant.dtype) ? toFloat32(constant)[0] : undefined;
}

/** Whether a tensor is a reduction of another one. */
function isOver(tensor: string, whole: string, index: GraphIndex): boolean {
  let name = tensor;
  for (let i = 0; i < MOST_STEPS; i++) {
    const node = index.producer(name);
    if (!node) return false;
    const isReduction = node.opType.startsWith('Reduce') || node.opType.startsWith('Global');
    if (isReduction && node.inputs[0] === whole) return true;
    if (!isReduction && !keeping.has(node.opType) && node.opType !== 'Expand') return false;
    name = node.inputs[0] ?? '';
  }
  return false;
}
