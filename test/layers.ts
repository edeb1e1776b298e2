import { generator, random } from './random.js';

/** Channels that hurt, each with its reason. Made for a layer of `h × w`. */
export const channelKinds = {
  dense: (count, seed) => positive(count, seed, 0),
  'half zeros': (count, seed) => positive(count, seed, 0.5),
  'mostly zeros, so that bin 0 is left out': (count, seed) => positive(count, seed, 0.85),
  'all zeros: no range': (count) => new Float32Array(count),
  'negative: the range does not start at 0': (count, seed) =>
    positive(count, seed, 0).map((value) => -1 - value),
  'constant: no range away from 0': (count) => new Float32Array(count).fill(0.1),
  'signed small integers: samples lie on bin edges': (count, seed) =>
    random(count, seed).map((value) => Math.round(value * 4)),
  'huge: squares overflow float32': (count, seed) => random(count, seed).map((value) => value * 1e30),
  'tiny: products underflow float32': (count, seed) => random(count, seed).map((value) => value * 1e-30),
  'subnormal: no exponent left': (count, seed) => random(count, seed).map((value) => value * 1e-40),
  'from 1e-30 to 1e30: no common fixed point': (count, seed) => {
    const next = generator(seed);
    return Float32Array.from({ length: count }, () => (next() - 0.5) * 10 ** (next() * 60 - 30));
  },
  'alternating: layer values may lie far outside the samples': (count) =>
    Float32Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : -1)),
  'two levels and a peak: the lower level on the edge of bin 1 of 64': (count) =>
    Float32Array.from({ length: count }, (_, i) => (i === count - 1 ? 64 : i % 3 === 0 ? 1 : 0)),
  'one peak: everything else in bin 0': (count) => new Float32Array(count).fill(1, 0, 1),
} as const satisfies Record<string, (count: number, seed: number) => Float32Array>;

export type ChannelKind = keyof typeof channelKinds;
export const allKinds = Object.keys(channelKinds) as ChannelKind[];

const positive = (count: number, seed: number, zeros: number): Float32Array => {
  const next = generator(seed);
  return Float32Array.from({ length: count }, () => (next() < zeros ? 0 : next()));
};

/** A layer `[n, kinds.length, h, w]`; images differ. */
export function layerOf(kinds: readonly ChannelKind[], n: number, h: number, w: number): Float32Array {
  const layer = new Float32Array(n * kinds.length * h * w);
  for (let i = 0; i < n * kinds.length; i++) {
    layer.set(channelKinds[kinds[i % kinds.length]](h * w, 100 + i), i * h * w);
  }
  return layer;
}

/** Grey images `[n, H, W]`, 0..255: a slope, waves and noise; every image has empty and full bins. */
export function grayImages(n: number, H: number, W: number): Uint32Array {
  const next = generator(7);
  return Uint32Array.from({ length: n * H * W }, (_, i) => {
    const [y, x] = [Math.floor(i / W) % H, i % W];
    const value = 96 + 60 * Math.sin(x / 17) + 50 * Math.cos(y / 23 + x / 60) + 30 * (next() - 0.5);
    return Math.min(255, Math.max(0, Math.round(value)));
  });
}
