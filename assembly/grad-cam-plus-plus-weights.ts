// Twin of kernels/grad-cam-plus-plus-weights.wgsl: weights[n, k] = Σ_p α · relu(G),
// α = 1 / (2 + ΣA · G), 0 where that is 1 / 0
//
// In float64, rounded once at the end. Division costs most, so two values share one:
// a / b + c / d = (a · d + c · b) / (b · d), which float64 holds for any float32.
// If a sum is not finite, some b or d was 0.

import { planeSum } from './plane-sum';

export function gradCamPlusPlusWeights(
  planes: u32,
  positions: u32,
  activations: usize,
  gradients: usize,
  weights: usize,
): void {
  const plane = (<usize>positions) << 2; // bytes in one channel
  for (let n: u32 = 0; n < planes; n++, activations += plane, gradients += plane, weights += 4) {
    const sumA = planeSum(activations, plane);
    const sum = inPairs(gradients, plane, f64x2.splat(sumA));
    store<f32>(weights, <f32>(abs(sum) < Infinity ? sum : oneByOne(gradients, plane, sumA)));
  }
}

function inPairs(gradients: usize, bytes: usize, sumA: v128): f64 {
  let sums = f64x2.splat(0);
  let p: usize = 0;
  for (; p + 16 <= bytes; p += 16) sums = f64x2.add(sums, shares(v128.load(gradients + p), sumA));
  // The other lanes are 0 and add 0.
  for (; p < bytes; p += 4) sums = f64x2.add(sums, shares(v128.load32_zero(gradients + p), sumA));
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

/** α · relu(G) of four gradients, added in pairs. */
function shares(g: v128, sumA: v128): v128 {
  const positive = f32x4.pmax(f32x4.splat(0), g);
  const a = f64x2.promote_low_f32x4(positive);
  const c = f64x2.promote_low_f32x4(v128.shuffle<f64>(positive, positive, 1, 1));
  const b = f64x2.add(f64x2.splat(2), f64x2.mul(sumA, a));
  const d = f64x2.add(f64x2.splat(2), f64x2.mul(sumA, c));
  return f64x2.div(f64x2.add(f64x2.mul(a, d), f64x2.mul(c, b)), f64x2.mul(b, d));
}

/** Skips terms whose denominator is 0. */
function oneByOne(gradients: usize, bytes: usize, sumA: f64): f64 {
  let sum: f64 = 0;
  for (let p: usize = 0; p < bytes; p += 4) {
    const g = <f64>load<f32>(gradients + p);
    const denominator = 2 + sumA * g;
    if (g > 0 && denominator !== 0) sum += g / denominator;
  }
  return sum;
}
