/** The size of local functions once they are inlined. */

import { CamError } from '../errors.js';
import { MAX_CALL_DEPTH, MAX_EXPANDED } from './limits.js';
import type { LocalFunction, Model, Node } from './model.js';
import { subgraphs } from './walk.js';

const functionName = ({ domain, name }: Pick<LocalFunction, 'domain' | 'name'>) => `${domain}:${name}`;

/** The nodes and those of their subgraphs. */
function* within(nodes: readonly Node[]): Generator<Node> {
  for (const node of nodes) {
    yield node;
    for (const body of subgraphs(node)) yield* within(body.nodes);
  }
}

/**
 * Refuses local functions that runtimes would inline without end.
 * @throws {CamError} `model` for functions that call themselves, too deep, or too often.
 */
export function expectModestFunctions({ name, graph, functions }: Model): void {
  if (functions.length === 0) return;
  const calls = new Map(
    functions.map((one) => [
      functionName(one),
      Array.from(within(one.nodes), ({ domain, opType }) => functionName({ domain, name: opType })),
    ]),
  );
  // Each round learns the sizes of one more level, whatever the order of the functions in the file.
  const sizes = new Map<string, number>();
  const sizeOf = (called: string) => (calls.has(called) ? (sizes.get(called) ?? Number.NaN) : 1);
  const total = (called: readonly string[]) => called.reduce((sum, one) => sum + sizeOf(one), 0);
  const open = new Map(calls);
  for (let depth = 0; depth < MAX_CALL_DEPTH && open.size > 0; depth++) {
    const found = Array.from(open, ([one, called]) => [one, total(called)] as const);
    for (const [one, size] of found) {
      if (Number.isNaN(size)) continue;
      sizes.set(one, size);
      open.delete(one);
    }
  }
  const advice = 'Export the model without local functions.';
  const [first] = open.keys();
  if (first !== undefined)
    throw new CamError(
      'model',
      `${name}: expected local functions that call one another at most ${MAX_CALL_DEPTH} deep and never themselves, got "${first}". ${advice}`,
    );
  const nodes = total(
    Array.from(within(graph.nodes), ({ domain, opType }) => functionName({ domain, name: opType })),
  );
  if (nodes > MAX_EXPANDED)
    throw new CamError(
      'model',
      `${name}: expected local functions that stand for at most ${MAX_EXPANDED} nodes in all, got ${nodes}. ${advice}`,
    );
}
