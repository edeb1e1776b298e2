/**
 * Sum of a plane's float32 values in float64. Four running sums of two lanes: with a single sum, each
 * addition would wait for the one before.
 */
export function planeSum(x: usize, bytes: usize): f64 {
  let sums1 = f64x2.splat(0);
  let sums2 = sums1;
  let sums3 = sums1;
  let sums4 = sums1;
  let p: usize = 0;
  for (; p + 32 <= bytes; p += 32) {
    sums1 = f64x2.add(sums1, f64x2.promote_low_f32x4(v128.load64_zero(x + p)));
    sums2 = f64x2.add(sums2, f64x2.promote_low_f32x4(v128.load64_zero(x + p, 8)));
    sums3 = f64x2.add(sums3, f64x2.promote_low_f32x4(v128.load64_zero(x + p, 16)));
    sums4 = f64x2.add(sums4, f64x2.promote_low_f32x4(v128.load64_zero(x + p, 24)));
  }
  sums1 = f64x2.add(f64x2.add(sums1, sums2), f64x2.add(sums3, sums4));
  for (; p + 8 <= bytes; p += 8) {
    sums1 = f64x2.add(sums1, f64x2.promote_low_f32x4(v128.load64_zero(x + p)));
  }
  const sum = f64x2.extract_lane(sums1, 0) + f64x2.extract_lane(sums1, 1);
  return p < bytes ? sum + <f64>load<f32>(x + p) : sum;
}
