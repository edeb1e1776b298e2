/** The methods, by what they cost. */
import { methods } from '../../src/index.js';
import type { Opened } from '../engine/protocol.js';

const names: Readonly<Record<string, string>> = {
  'mi-cam': 'MI-CAM',
  cam: 'CAM',
  'info-cam': 'infoCAM',
  'info-cam+': 'infoCAM+',
  'grad-cam': 'Grad-CAM',
  'grad-cam++': 'Grad-CAM++',
  'xgrad-cam': 'XGrad-CAM',
  'hires-cam': 'HiResCAM',
  'layer-cam': 'LayerCAM',
  'grad-cam-elementwise': 'Grad-CAM elementwise',
  'smooth-grad-cam++': 'Smooth Grad-CAM++',
  'integrated-grad-cam': 'Integrated Grad-CAM',
  'eigen-cam': 'Eigen-CAM',
  'eigen-grad-cam': 'Eigen-Grad-CAM',
  'score-cam': 'Score-CAM',
  'ablation-cam': 'Ablation-CAM',
  'recipro-cam': 'Recipro-CAM',
  calm: 'CALM',
  'calm-conditional': 'CALM conditional',
  'calm-softmax': 'CALM softmax',
  'calm-saliency': 'CALM saliency',
  'mean-activation': 'Mean activation',
  'random-cam': 'Random (a control)',
};

/** A method's name as its paper writes it. */
export const title = (method: string): string => names[method] ?? method;

export const groups = [
  'One forward pass',
  'With gradients',
  'Many passes, slower',
  'Only CALM models',
] as const;
export type Group = (typeof groups)[number];

export function groupOf(name: string): Group {
  const method = methods[name]();
  const needs: readonly string[] = method.needs;
  const runsTheModel = !('map' in method) && needs.some((need) => need !== 'activations');
  if (runsTheModel) return groups[2];
  if (needs.includes('positionScores') || needs.includes('attention')) return groups[3];
  return needs.includes('gradients') ? groups[1] : groups[0];
}

/** All methods, the fast ones first. */
export const methodNames: readonly string[] = Object.keys(methods).sort(
  (a, b) => groups.indexOf(groupOf(a)) - groups.indexOf(groupOf(b)),
);

export const isFast = (name: string): boolean => groupOf(name) !== groups[2];

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
