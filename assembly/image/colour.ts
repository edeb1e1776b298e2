/**
 * Turns `rgb`, three bytes per pixel, into pixels of four bytes. `rgb` may be the last three quarters of the
 * target.
 */
export function spread(rgb: usize, pixels: usize, end: usize): void {
  const opaque = i32x4.splat(0xff000000);
  for (; pixels < end; pixels += 16, rgb += 12) {
    const four = i8x16.shuffle(v128.load(rgb), opaque, 0, 1, 2, 31, 3, 4, 5, 31, 6, 7, 8, 31, 9, 10, 11, 31);
    v128.store(pixels, four);
  }
}

/**
 * Composes pixels on white: `round((c · a + 255 · (255 - a)) / 255)`. Opaque pixels are skipped, sixteen at a
 * time.
 */
export function overWhite(pixels: usize, end: usize): void {
  const opaque = i32x4.splat(0xff000000);
  for (; pixels < end; pixels += 64) {
    const a = v128.and(v128.load(pixels), v128.load(pixels, 16));
    const b = v128.and(v128.load(pixels, 32), v128.load(pixels, 48));
    if (!v128.any_true(v128.andnot(opaque, v128.and(a, b)))) continue;
    for (let at = pixels; at < pixels + 64; at += 8) {
      const two = blend(v128.load8x8_u(at));
      v128.store_lane<u64>(at, i8x16.narrow_i16x8_u(two, two), 0);
    }
  }
}

/**
 * Composes two pixels on white, 16 bits per sample. The resulting alpha may be anything: it is never read
 * again.
 */
function blend(two: v128): v128 {
  const alpha = i8x16.shuffle(two, two, 6, 7, 6, 7, 6, 7, 6, 7, 14, 15, 14, 15, 14, 15, 14, 15);
  const absent = i16x8.mul(alpha, i16x8.sub(i16x8.splat(255), two)); // a · (255 - c)
  const sum = i16x8.sub(i16x8.splat(<i16>(255 * 255 + 128)), absent);
  // Exactly round(x / 255) for x = sum - 128, 0 … 255².
  return i16x8.shr_u(i16x8.add(sum, i16x8.shr_u(sum, 8)), 8);
}

/** Replaces a pixel's red, green and blue by its ITU-R 601 luma, with PIL's weights. */
export function luma(pixels: usize, end: usize): void {
  const byte = i32x4.splat(0xff);
  for (; pixels < end; pixels += 16) {
    const four = v128.load(pixels);
    const r = i32x4.mul(v128.and(four, byte), i32x4.splat(19595));
    const g = i32x4.mul(v128.and(i32x4.shr_u(four, 8), byte), i32x4.splat(38470));
    const b = i32x4.mul(v128.and(i32x4.shr_u(four, 16), byte), i32x4.splat(7471));
    const sum = i32x4.add(i32x4.add(r, g), i32x4.add(b, i32x4.splat(32768)));
    v128.store(pixels, i32x4.mul(i32x4.shr_u(sum, 16), i32x4.splat(0x010101)));
  }
}

/**
 * One plane: `plane[y, x] = table[sample]`. Samples are four bytes apart, from `source` on; rows are `stride`
 * bytes apart.
 */
export function normalise(
  source: usize,
  stride: usize,
  rows: u32,
  width: usize,
  table: usize,
  plane: usize,
): void {
  for (; rows > 0; rows--, source += stride) {
    let at = source;
    const end = plane + (width << 2);
    for (; plane + 16 <= end; plane += 16, at += 16) {
      store<f32>(plane, load<f32>(table + ((<usize>load<u8>(at)) << 2)));
      store<f32>(plane, load<f32>(table + ((<usize>load<u8>(at, 4)) << 2)), 4);
      store<f32>(plane, load<f32>(table + ((<usize>load<u8>(at, 8)) << 2)), 8);
      store<f32>(plane, load<f32>(table + ((<usize>load<u8>(at, 12)) << 2)), 12);
    }
    for (; plane < end; plane += 4, at += 4) {
      store<f32>(plane, load<f32>(table + ((<usize>load<u8>(at)) << 2)));
    }
  }
}

/** Grey values, `(77 R + 150 G + 29 B + 128) >> 8`; where all three are the luma, this is the luma. */
export function gray(source: usize, stride: usize, rows: u32, width: usize, target: usize): void {
  const weights = i16x8(77, 150, 29, 0, 77, 150, 29, 0);
  for (; rows > 0; rows--, source += stride, target += width) {
    for (let x: usize = 0; x < width; x += 4) {
      const four = v128.load(source + (x << 2));
      // Red plus green, and blue plus nothing; then the sum of both.
      const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(four), weights);
      const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(four), weights);
      const redGreen = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
      const blue = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
      const sum = i32x4.add(i32x4.add(redGreen, blue), i32x4.splat(128));
      const words = i16x8.narrow_i32x4_u(i32x4.shr_u(sum, 8), sum);
      v128.store_lane<u32>(target + x, i8x16.narrow_i16x8_u(words, words), 0);
    }
  }
}
