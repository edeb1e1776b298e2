import type { Random } from './random.js';

const odd = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x3a];
/** Varints at the limits of their range. */
const varints = [
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0x07],
];

/** The bytes with one to eight damages: bytes changed, removed, repeated or inserted. */
export function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  let changed = Array.from(bytes);
  for (let count = 1 + random.below(8); count > 0 && changed.length > 0; count--) {
    // Most of a file is weights. Names and structure lie at both ends.
    const reach = random.chance(0.7) ? Math.min(600, changed.length) : changed.length;
    const from = random.chance(0.5) ? random.below(reach) : changed.length - 1 - random.below(reach);
    const way = random.below(7);
    if (way === 0) changed[from] = random.below(256);
    else if (way === 1) changed[from] = random.of(odd);
    else if (way === 2) changed[from]! ^= 1 << random.below(8);
    else if (way === 3) changed.splice(from, 1 + random.below(12));
    else if (way === 4) changed.splice(from, 0, ...random.of(varints));
    else if (way === 5) changed.splice(from, 0, ...changed.slice(from, from + random.below(200)));
    else if (random.chance(0.1)) changed = changed.slice(0, from);
    else changed[from] = (changed[from]! + 1) & 255;
  }
  return Uint8Array.from(changed);
}
