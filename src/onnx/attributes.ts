/** Typed access to a node's attributes; another type than the expected one counts as absent. */

import type { Node } from './model.js';

export function intAttribute(node: Node, name: string, otherwise: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'int' ? attribute.value : otherwise;
}

export function floatAttribute(node: Node, name: string, otherwise: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'float' ? attribute.value : otherwise;
}

export function stringAttribute(node: Node, name: string, otherwise: string): string {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'string' ? attribute.value : otherwise;
}

export function intsAttribute(node: Node, name: string): readonly number[] | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'ints' ? attribute.value : undefined;
}
