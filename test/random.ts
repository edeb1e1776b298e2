/** Seeded pseudo-random numbers in [0, 1): mulberry32, the same on every machine. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Numbers in [-1, 1). */
export function random(count: number, seed: number): Float32Array {
  const next = generator(seed);
  return Float32Array.from({ length: count }, () => next() * 2 - 1);
}

/** What a layer gives after ReLU: numbers in [0, 1), a share `zeros` of them exactly 0. */
export function activationLike(count: number, seed: number, zeros: number): Float32Array {
  const next = generator(seed);
  return Float32Array.from({ length: count }, () => (next() < zeros ? 0 : next()));
}
