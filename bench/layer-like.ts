import { activationLike, random } from '../test/random.js';

/** A layer whose channels share a scene, as in real networks: its first principal component stands out. */
export function layerLike(channels: number, positions: number, seed: number): Float32Array {
  const [scene, share] = [random(positions, seed), random(channels, seed + 1)];
  return activationLike(channels * positions, seed + 2, 0.5).map((value, i) =>
    Math.max(0, value + 0.7 * share[Math.floor(i / positions)] * scene[i % positions]),
  );
}
