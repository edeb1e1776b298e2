/** Which tensors gradients reach, found without building the backward graph. */

import type { CamError } from '../../errors.js';
import { ListMap } from '../list-map.js';
import type { Attribute, ConstantTensor, Node } from '../model.js';
import { oncePerKey } from '../once.js';
import { numbers, type SmallConstant } from '../shapes/rule.js';
import type { StaticTensors } from '../shapes.js';
import type { GraphIndex } from '../walk.js';
import { Builder, type Forward, type ReadType, type Value } from './builder.js';
import { apply } from './sweep.js';
import type { GradientTask } from './task.js';

export interface Survey {
  /** Tensors that have a cotangent. */
  readonly reached: ReadonlySet<string>;
  /** Nodes without a rule, or with the error of their rule; nearest to the score first. */
  readonly refused: ReadonlyMap<Node, CamError | undefined>;
  /** Nodes that received a cotangent and passed none. */
  readonly barriers: readonly Node[];
}

/**
 * The result of `propagate`. A rule is applied once to all nodes that are alike (operator, attributes,
 * shapes, small constants): it takes microseconds for each node that it builds, and the graph may have
 * 100,000.
 */
export function survey(task: GradientTask): Survey {
  const forward = new Glimpse(task.model.opset, task.facts, task.wanted, task.index);
  const reached = new Set([task.score]);
  const refused = new Map<Node, CamError | undefined>();
  const barriers: Node[] = [];
  const answers = new ListMap<unknown, { passes?: readonly boolean[] }>();
  const elements = oncePerKey(({ data }: SmallConstant) => data.join());
  for (let at = task.nodes.length - 1; at >= 0; at--) {
    const node = task.nodes[at];
    if (!node.outputs.some((output) => reached.has(output))) continue;
    // The elements that a Gather takes are not part of its likeness.
    const alike =
      node.opType === 'Gather' ? {} : answers.get(likeness(node, task, reached, elements), () => ({}));
    let { passes } = alike;
    if (!passes) {
      const b = new Builder(task.prefix, forward);
      const cotangents = node.outputs.map((output) =>
        reached.has(output)
          ? b.value(`${task.prefix}of/${output}`, 'float32', b.staticShape(output))
          : undefined,
      );
      const passed = apply(node, cotangents, b);
      if (!passed || passed instanceof Error) {
        refused.set(node, passed);
        continue;
      }
      passes = node.inputs.map((_, i) => passed[i] !== undefined);
      alike.passes = passes;
    }
    const wanted = node.inputs.filter((input, i) => passes[i] && task.wanted.has(input));
    for (const input of wanted) reached.add(input);
    if (wanted.length === 0) barriers.push(node);
  }
  return { reached, refused, barriers };
}

/** All that rules read of a node, except names and large constants. Equal shapes are one object. */
function likeness(
  node: Node,
  { index, facts, wanted }: GradientTask,
  reached: ReadonlySet<string>,
  elements: (constant: SmallConstant) => string,
): unknown[] {
  const { domain, opType, attributes, inputs, outputs } = node;
  const parts: unknown[] = [domain, opType, attributes.size, inputs.length];
  for (const [name, attribute] of attributes) parts.push(name, attribute.type, ...shown(attribute));
  for (const input of inputs) {
    if (input === '') {
      parts.push(input);
      continue;
    }
    parts.push(wanted.has(input) ? 'wanted' : index.constant(input)?.dtype);
    const constant = facts.values.get(input);
    parts.push(facts.shapes.get(input), constant && elements(constant));
  }
  for (const output of outputs) parts.push(reached.has(output), facts.shapes.get(output));
  return parts;
}

function shown({ type, value }: Attribute): readonly unknown[] {
  if (type === 'tensor') return [value.dtype, String(value.dims)];
  if (Array.isArray(value)) return [String(value)];
  return typeof value === 'object' ? [] : [value];
}

/** The forward model, none of which is copied. */
class Glimpse implements Forward {
  constructor(
    readonly opset: number,
    readonly facts: StaticTensors,
    readonly wanted: ReadonlySet<string>,
    private readonly index: GraphIndex,
  ) {}

  constant(tensor: string): ConstantTensor | undefined {
    return this.index.constant(tensor);
  }

  read(b: Builder, tensor: string, dtype: ReadType): Value {
    const known = this.facts.values.get(tensor);
    const elements = numbers(known);
    if (known && elements && dtype !== 'bool')
      return dtype === 'int64' ? b.ints(elements, known.shape) : b.floats(elements, known.shape);
    return b.value(tensor, dtype, this.facts.shapes.get(tensor));
  }

  readShape(b: Builder, tensor: string): Value {
    const shape = this.facts.shapes.get(tensor);
    const elements = shape?.includes(undefined) ? undefined : shape;
    return b.value(`${b.prefix}shape/${tensor}`, 'int64', [shape?.length], elements);
  }
}
