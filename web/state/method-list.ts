/** The methods, by what they cost. */
import { methods } from '../../src/index.js';
import { type MethodCost, methodCosts } from '../../src/methods/metadata.js';
import type { Opened } from '../engine/protocol.js';

/** A method's name as its paper writes it. */
export const title = (method: string): string => methods[method]?.().title ?? method;

const legends: Readonly<Record<MethodCost, string>> = {
  'one pass': 'One forward pass',
  gradient: 'With gradients',
  'many passes': 'Many passes, slower',
};
const CALM = 'Only CALM models';

export const groups: readonly string[] = [...methodCosts.map((cost) => legends[cost]), CALM];

export function groupOf(name: string): string {
  const { needs, cost } = methods[name]();
  return (needs as readonly string[]).includes('attention') ? CALM : legends[cost];
}

/** All methods, the fast ones first. */
export const methodNames: readonly string[] = Object.keys(methods).sort(
  (a, b) => groups.indexOf(groupOf(a)) - groups.indexOf(groupOf(b)),
);

export const isFast = (name: string): boolean => methods[name]().cost !== 'many passes';

/** A pass forwards and backwards, in passes forwards. */
const BOTH_WAYS = 3;

/**
 * About so many passes of the model, or of the part behind the layer, a method makes for one class; 0 for
 * what one pass serves, undefined where the layer's shape is not known before.
 */
export function passesIn(
  opened: Pick<Opened, 'layers' | 'layer' | 'refused'>,
  name: string,
): number | undefined {
  const method = methods[name]();
  if ('passes' in method && method.passes !== undefined) return BOTH_WAYS * method.passes;
  const needs: readonly string[] = method.needs;
  const isTail = needs.includes('tail');
  if (!needs.includes('forward') && !isTail) return 0;
  // Behind pooling and a linear layer, where CAM is possible, ablations have a closed form.
  if (name === 'ablation-cam' && !('cam' in opened.refused)) return 0;
  const cells = opened.layers.find((layer) => layer.name === opened.layer)?.cells;
  return cells && (name === 'recipro-cam' ? cells.height * cells.width : cells.channels);
}
