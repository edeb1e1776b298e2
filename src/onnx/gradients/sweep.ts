/** The reverse sweep: from the score's cotangent to those of the requested tensors. */

import { CamError } from '../../errors.js';
import { MAX_BACKWARD } from '../limits.js';
import type { Node } from '../model.js';
import type { Builder, Value } from './builder.js';
import { registry } from './index.js';
import { nodeText, notCovered, UnknownAxes } from './rule.js';
import { ADVICE, Unbuildable } from './unbuildable.js';

const INTEGERS =
  'It computes with integers: take the float model, or quantise it in QDQ form; or a method without gradients such as mi-cam.';

export interface GradientPath {
  /** The tensor that is differentiated. */
  readonly score: string;
  /** The tensors to differentiate with respect to. */
  readonly wrt: readonly string[];
  /** Every node on a path from one of them to the score, in topological order. */
  readonly nodes: readonly Node[];
}

/** The result of a reverse sweep. */
export interface Propagation {
  /** The sum of all cotangents of a tensor. */
  cotangent(tensor: string): Value | undefined;
  /** Nodes without a rule, or with the error of their rule; nearest to the score first. */
  readonly refused: ReadonlyMap<Node, CamError | undefined>;
  /** Nodes that received a cotangent and passed none. */
  readonly barriers: readonly Node[];
}

/**
 * Carries the score's cotangent back along the path. Nodes are visited from the score backwards; where a
 * tensor is used several times its cotangents add up before its producer is visited.
 */
function propagate(b: Builder, path: GradientPath, seed: Value): Propagation {
  const contributions = new Map([[path.score, [seed]]]);
  const refused = new Map<Node, CamError | undefined>();
  const barriers: Node[] = [];
  const cotangent = (tensor: string): Value | undefined => {
    const terms = contributions.get(tensor);
    const sum = terms && (terms.length > 2 ? b.op('Sum', terms) : terms.reduce((x, y) => b.add(x, y)));
    return sum && b.stated(sum, b.staticShape(tensor));
  };
  const most = MAX_BACKWARD.nodes + MAX_BACKWARD.perNode * path.nodes.length;
  for (const node of path.nodes.toReversed()) {
    const cotangents = node.outputs.map(cotangent);
    if (cotangents.every((value) => value === undefined)) continue;
    const passed =
      b.size > most
        ? notCovered(node, `a backward graph of at most ${most} nodes`, 'a larger one')
        : apply(node, cotangents, b);
    if (!passed || passed instanceof CamError) {
      refused.set(node, passed);
      continue;
    }
    let passes = false;
    for (const [i, tensor] of node.inputs.entries()) {
      const value = passed[i];
      if (!value || !b.wants(tensor)) continue;
      passes = true;
      const terms = contributions.get(tensor);
      if (terms) terms.push(value);
      else contributions.set(tensor, [value]);
    }
    if (!passes) barriers.push(node);
  }
  return { cotangent, refused, barriers };
}

/**
 * The cotangent of each tensor of `path.wrt`.
 * @throws {CamError} `gradients` when an operator on the path has no rule, or no gradient reaches a tensor.
 */
export function sweep(b: Builder, path: GradientPath, seed: Value): ReadonlyMap<string, Value> {
  const { cotangent, refused, barriers } = propagate(b, path, seed);
  for (const [node, error] of refused)
    throw atFault(path, node, error, { staticShape: (tensor) => b.staticShape(tensor) });
  return new Map(
    path.wrt.map((tensor) => {
      const value = cotangent(tensor);
      if (!value) throw whyNone(path.score, tensor, barriers);
      return [tensor, value];
    }),
  );
}

/** The cotangents of the node's inputs, or its rule's error; `undefined` where there is no rule. */
export function apply(node: Node, cotangents: readonly (Value | undefined)[], b: Builder) {
  try {
    return registry.get(keyOf(node))?.(node, cotangents, b);
  } catch (error) {
    if (error instanceof Unbuildable) return notCovered(node, error.expected, error.got);
    if (error instanceof CamError) return error;
    throw error;
  }
}

/**
 * The error of a node that was refused. Where the rank of a tensor is missing, it names the first node whose
 * output's rank is unknown.
 */
export function atFault(
  path: Pick<GradientPath, 'score' | 'wrt' | 'nodes'>,
  node: Node,
  error: CamError | undefined,
  { staticShape }: { staticShape(tensor: string): unknown },
): CamError {
  if (!(error instanceof UnknownAxes)) return error ?? withoutRule(path, node);
  const makers = new Map(
    path.nodes.flatMap((maker) => maker.outputs.map((output) => [output, maker] as const)),
  );
  let culprit = node;
  for (let tensor: string | undefined = error.tensor; tensor !== undefined; ) {
    const maker = makers.get(tensor);
    if (!maker) break;
    culprit = maker;
    // The first input of most operators is data, the others are parameters.
    const data = joining.has(maker.opType) || !hasRule(maker) ? maker.inputs : maker.inputs.slice(0, 1);
    tensor = data.find((input) => makers.has(input) && staticShape(input) === undefined);
  }
  if (culprit === node) return error;
  if (!hasRule(culprit)) return withoutRule(path, culprit);
  return new UnknownAxes(node, error.tensor, `: ${nodeText(culprit)} does not state it`);
}

/** Operators whose inputs are all data. */
const joining = new Set('Add Sub Mul Div Pow Min Max Sum Mean Where Concat MatMul Einsum'.split(' '));

const keyOf = ({ domain, opType }: Node): string => (domain === '' ? opType : `${domain}:${opType}`);

const hasRule = (node: Node): boolean => registry.has(keyOf(node));

/** The error of a node that has no rule. */
function withoutRule(path: Pick<GradientPath, 'score' | 'wrt'>, node: Node): CamError {
  return new CamError(
    'gradients',
    `${title(path)}: operator ${nodeText(node)} has no rule. ${/Integer$|^Q|^DynamicQuantize/.test(node.opType) ? INTEGERS : ADVICE}`,
  );
}

/** The error of a tensor that no cotangent reached. */
export function whyNone(score: string, tensor: string, barriers: readonly Node[]): CamError {
  const why =
    barriers.length > 0
      ? `every way ends at an operator that passes none: ${listed(barriers)}`
      : 'the score does not depend on it';
  return new CamError('gradients', `${title({ score, wrt: [tensor] })}: ${why}. ${ADVICE}`);
}

/** Some of them by name. */
function listed(nodes: readonly Node[]): string {
  const more = nodes.length - NAMED;
  const names = nodes.slice(0, NAMED).map(nodeText).join(', ');
  return more > 0 ? `${names} and ${more} more` : names;
}

const NAMED = 3;

function title({ score, wrt }: Pick<GradientPath, 'score' | 'wrt'>): string {
  return `no gradient from "${score}" to ${wrt.map((name) => `"${name}"`).join(', ')}`;
}
