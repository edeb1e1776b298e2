/** Bodies of nodes that hold a graph: Scan and If. */

import type { Builder, Value } from '../gradients/builder.js';
import type { Attribute, ValueInfo } from '../model.js';
import { makeGraph } from '../write.js';

/**
 * A body of one output.
 *
 * @param make Builds it. `outer` brings a value of the graph around into it.
 * @param inputs What each step of a Scan is given.
 */
export function bodyOf(
  b: Builder,
  name: string,
  make: (body: Builder, outer: (value: Value) => Value) => Value,
  inputs: readonly ValueInfo[] = [],
): Attribute {
  const body = b.inner(name);
  const outer = (value: Value) => body.value(value.name, value.dtype, value.shape, value.elements);
  const result = make(body, outer);
  const { dtype, shape } = result;
  const output: ValueInfo = { name: `${body.prefix}result`, dtype, ...(shape && { shape }) };
  const { nodes, constants } = body.finish(new Map([[output.name, result]]));
  const parts = { nodes, initializers: constants, inputs, outputs: [output] };
  return { type: 'graph', value: makeGraph(name, parts) };
}
