// Weights that follow from a seed and their name alone: the order in which they are made does not matter.

/** FNV-1a. */
function hash(text) {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}

/** `count` numbers, even in `mean ± √3 · spread`: `spread` is their standard deviation. */
export function weightValues(count, { seed, name, spread, mean = 0 }) {
  let state = (hash(name) ^ Math.imul(seed, 0x9e3779b9)) >>> 0;
  const values = new Float32Array(count);
  const scale = (2 * Math.sqrt(3) * spread) / 2 ** 32;
  const least = mean - Math.sqrt(3) * spread;
  for (let i = 0; i < count; i++) {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    values[i] = ((t ^ (t >>> 14)) >>> 0) * scale + least;
  }
  return values;
}
