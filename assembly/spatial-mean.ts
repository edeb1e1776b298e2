// Twin of kernels/spatial-mean.wgsl: mean[n, k] = Σ_p x[n, k, p] / positions
//
// Four running sums in float64, rounded once at the end; the shader's runs are not needed.

export function spatialMean(planes: u32, positions: u32, x: usize, mean: usize): void {
  const plane = (<usize>positions) << 2; // bytes in one channel
  for (let n: u32 = 0; n < planes; n++, x += plane, mean += 4) {
    let even = f64x2.splat(0);
    let odd = f64x2.splat(0);
    let p: usize = 0;
    for (; p + 16 <= plane; p += 16) {
      even = f64x2.add(even, f64x2.promote_low_f32x4(v128.load64_zero(x + p)));
      odd = f64x2.add(odd, f64x2.promote_low_f32x4(v128.load64_zero(x + p, 8)));
    }
    even = f64x2.add(even, odd);
    let sum = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1);
    for (; p < plane; p += 4) sum += load<f32>(x + p);
    store<f32>(mean, <f32>(sum / positions));
  }
}
