/** Names of tensors, and names that no tensor has. */

import type { Graph } from './model.js';

/** The names of all tensors of a graph. */
export function namesOf(graph: Graph): ReadonlySet<string> {
  const names = new Set(graph.inputs.map(({ name }) => name));
  for (const name of graph.initializers.keys()) names.add(name);
  for (const { outputs } of graph.nodes) for (const name of outputs) names.add(name);
  return names;
}

/** The prefix, led by underscores until no name begins with it. */
export function unusedPrefix(label: string, names: ReadonlySet<string>): string {
  let prefix = label;
  const isUsed = () => {
    for (const name of names) if (name.startsWith(prefix)) return true;
    return false;
  };
  while (isUsed()) prefix = `_${prefix}`;
  return prefix;
}

/** The name, led by underscores until it is one of its own. */
export function unused(name: string, names: ReadonlySet<string>): string {
  let free = name;
  while (names.has(free)) free = `_${free}`;
  return free;
}

/** Names that are in use. */
export class TakenNames extends Set<string> {
  /** How often a name was needed: thousands of branches and calls may use the same. */
  readonly #uses = new Map<string, number>();

  /** A new name, in use from now on. */
  like(name: string): string {
    let uses = this.#uses.get(name) ?? 0;
    let free = `${name}_`;
    while (this.has(free)) free = `${name}_${++uses}`;
    this.#uses.set(name, uses);
    this.add(free);
    return free;
  }
}
