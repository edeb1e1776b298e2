/** Local functions and their calls: names, and the size once they are inlined. */

import { CamError } from '../errors.js';
import { MAX_CALL_DEPTH, MAX_EXPANDED } from './limits.js';
import type { LocalFunction, Model, Node } from './model.js';
import { subgraphs } from './walk.js';

const keyOf = (domain: string, name: string, overload = ''): string =>
  overload === '' ? `${domain}:${name}` : `${domain}:${name}:${overload}`;

/** What a function is called by; `pkg.nn:Linear`. */
export const functionKey = ({ domain, name, overload }: LocalFunction): string =>
  keyOf(domain, name, overload);

/** The function that a node calls, if the model has it. */
export const keyOfCall = ({ domain, opType, overload }: Node): string => keyOf(domain, opType, overload);

/** The nodes and those of their subgraphs. */
export function* nodesWithin(nodes: readonly Node[]): Generator<Node> {
  for (const node of nodes) {
    yield node;
    for (const body of subgraphs(node)) yield* nodesWithin(body.nodes);
  }
}

/** The functions that a model's graph calls, and those that these call. */
export function callees({ graph, functions }: Pick<Model, 'graph' | 'functions'>): readonly LocalFunction[] {
  const byKey = new Map(functions.map((one) => [functionKey(one), one]));
  const found = new Set<LocalFunction>();
  for (const open = [graph.nodes]; open.length > 0; )
    for (const node of nodesWithin(open.pop() ?? [])) {
      const one = byKey.get(keyOfCall(node));
      if (!one || found.has(one)) continue;
      found.add(one);
      open.push(one.nodes);
    }
  return [...found];
}

/**
 * Refuses local functions that would be inlined without end.
 * @throws {CamError} `model` for functions that call themselves, too deep, or too often.
 */
export function expectModestFunctions({ name, graph, functions }: Model): void {
  if (functions.length === 0) return;
  const calls = new Map(
    functions.map((one) => [functionKey(one), Array.from(nodesWithin(one.nodes), keyOfCall)]),
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
  const nodes = total(Array.from(nodesWithin(graph.nodes), keyOfCall));
  if (nodes > MAX_EXPANDED)
    throw new CamError(
      'model',
      `${name}: expected local functions that stand for at most ${MAX_EXPANDED} nodes in all, got ${nodes}. ${advice}`,
    );
}
