// Samples are weighted in fixed point, as in PIL: 22 bits of fraction, 8 of sample, 2 for overshoot.

/** Half of the last bit that is kept. Sums start with it, so they are rounded. */
export const HALF: i32 = 1 << 21;

/** Four sums of four samples each as sixteen bytes: the fraction is dropped, overshoot is clipped. */
export function clip8(a: v128, b: v128, c: v128, d: v128): v128 {
  const low = i16x8.narrow_i32x4_s(i32x4.shr_s(a, 22), i32x4.shr_s(b, 22));
  const high = i16x8.narrow_i32x4_s(i32x4.shr_s(c, 22), i32x4.shr_s(d, 22));
  return i8x16.narrow_i16x8_u(low, high);
}

/** `sum + w · samples`, for the low (or high) four of the 16-bit samples. */
export function addLow(sum: v128, samples: v128, w: v128): v128 {
  return i32x4.add(sum, i32x4.mul(i32x4.extend_low_i16x8_u(samples), w));
}

export function addHigh(sum: v128, samples: v128, w: v128): v128 {
  return i32x4.add(sum, i32x4.mul(i32x4.extend_high_i16x8_u(samples), w));
}
