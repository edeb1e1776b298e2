/** Where gradients come through, without the graph that computes them. */

import type { CamError } from '../../errors.js';
import type { Attribute, ConstantTensor, Node, Shape } from '../model.js';
import { numbers } from '../shapes/rule.js';
import type { Scope } from '../shapes.js';
import type { GraphIndex } from '../walk.js';
import { Builder, type Forward, type ReadType, type Value } from './builder.js';
import { apply } from './sweep.js';
import type { Task } from './task.js';

export interface Survey {
  /** Tensors that a cotangent comes to. */
  readonly reached: ReadonlySet<string>;
  /** Nodes without a rule, or with what their rule says it does not cover; nearest to the score first. */
  readonly refused: ReadonlyMap<Node, CamError | undefined>;
  /** Nodes that were reached and passed nothing. */
  readonly barriers: readonly Node[];
}

/**
 * What `propagate` finds. Nodes that look alike (operator, attributes, shapes, small constants) get one
 * answer: a rule takes some microseconds for each node that it builds, and the graph may have 100,000.
 */
export function survey(task: Task): Survey {
  const forward = new Glimpse(task.model.opset, task.facts, task.wanted, task.index);
  const reached = new Set([task.score]);
  const refused = new Map<Node, CamError | undefined>();
  const barriers: Node[] = [];
  const answers = new Map<string, readonly boolean[]>();
  const likeness = new Likeness(task, reached);
  for (let at = task.nodes.length - 1; at >= 0; at--) {
    const node = task.nodes[at];
    if (!node.outputs.some((output) => reached.has(output))) continue;
    const look = likeness.of(node);
    let passes = answers.get(look);
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
      // Which elements a Gather takes is not seen in its likeness.
      if (node.opType !== 'Gather') answers.set(look, passes);
    }
    const wanted = node.inputs.filter((input, i) => passes[i] && task.wanted.has(input));
    for (const input of wanted) reached.add(input);
    if (wanted.length === 0) barriers.push(node);
  }
  return { reached, refused, barriers };
}

/** All that rules look at, but for names and large constants, as a short text. */
class Likeness {
  /** Numbers that stand for shapes, and for the texts of attributes and constants. */
  readonly #numbers = new Map<Shape | string | undefined, number>();

  constructor(
    private readonly task: Task,
    private readonly reached: ReadonlySet<string>,
  ) {}

  of(node: Node): string {
    let text = `${node.domain}:${node.opType}`;
    for (const [name, attribute] of node.attributes)
      text += `;${name} ${attribute.type} ${this.#number(shown(attribute))}`;
    for (const input of node.inputs) text += input === '' ? ',' : this.#input(input);
    for (const output of node.outputs)
      text += `${this.reached.has(output) ? '+' : '-'}${this.#shape(output)}`;
    return text;
  }

  #input(tensor: string): string {
    const { index, facts, wanted } = this.task;
    const kind = wanted.has(tensor) ? 'wanted' : (index.constant(tensor)?.dtype ?? '');
    const data = facts.values.get(tensor)?.data;
    return `,${kind} ${this.#shape(tensor)}${data ? `=${this.#number(data.join())}` : ''}`;
  }

  /** Equal shapes of one graph are one object. */
  #shape(tensor: string): number {
    return this.#number(this.task.facts.shapes.get(tensor));
  }

  #number(part: Shape | string | undefined): number {
    let known = this.#numbers.get(part);
    if (known === undefined) {
      known = this.#numbers.size;
      this.#numbers.set(part, known);
    }
    return known;
  }
}

function shown({ type, value }: Attribute): string {
  if (type === 'tensor') return `${value.dtype} ${value.dims}`;
  return typeof value === 'object' && !Array.isArray(value) ? '' : String(value);
}

/** The forward model, none of which is taken along. */
class Glimpse implements Forward {
  constructor(
    readonly opset: number,
    readonly facts: Scope,
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
