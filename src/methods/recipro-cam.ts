import type { MethodMetadata } from './metadata.js';
import type { ProbingMethod } from './probing.js';

/**
 * Recipro-CAM: the map at a position is the score where only that position of the layer is left, every other
 * one set to 0. Byun & Lee, arXiv:2209.14074. One pass of the part behind the layer per position, none
 * backwards.
 */
export const reciproCam: ProbingMethod<'recipro-cam'> & MethodMetadata = {
  name: 'recipro-cam',
  title: 'Recipro-CAM',
  citation: 'arXiv:2209.14074',
  formula: 'the score where one position of the layer is left',
  cost: 'many passes',
  needs: ['activations', 'tail'],
  classAgnostic: false,
  probe: async (_, probe) => {
    const [n, channels, h, w] = probe.activations.shape;
    const positions = h * w;
    const map = new Float32Array(n * positions);
    for (const image of probe.images) {
      const scores = await probe.tail(image, positions, (copy, position) => {
        for (let k = 0; k < channels; k++) {
          const at = k * positions + position;
          const kept = copy[at];
          copy.fill(0, k * positions, (k + 1) * positions);
          copy[at] = kept;
        }
      });
      map.set(scores, image.at * positions);
    }
    return { map };
  },
};
