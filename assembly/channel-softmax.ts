// Twin of kernels/channel-softmax.wgsl: share[n, k, p] = exp(x[n, k, p]) / Σ_j exp(x[n, j, p])
//
// Channel by channel, so that `x` is read in order. Two rows hold the largest values and the sums of one
// image. Four positions per step.

export function channelSoftmax(batch: u32, channels: u32, positions: u32, x: usize, share: usize): void {
  const plane = (<usize>positions) << 2; // bytes in one channel
  const image = plane * channels;
  const wide = plane & ~15;
  const largest = heap.alloc(plane);
  const sums = heap.alloc(plane);
  for (let n: u32 = 0; n < batch; n++, x += image, share += image) {
    memory.copy(largest, x, plane);
    for (let at = x; at < x + image; at += plane) {
      let p: usize = 0;
      for (; p < wide; p += 16) {
        v128.store(largest + p, f32x4.pmax(v128.load(largest + p), v128.load(at + p)));
      }
      for (; p < plane; p += 4) {
        store<f32>(largest + p, max<f32>(load<f32>(largest + p), load<f32>(at + p)));
      }
    }
    memory.fill(sums, 0, plane);
    for (let at: usize = 0; at < image; at += plane) {
      let p: usize = 0;
      for (; p < wide; p += 16) {
        const value = expOfNegative(f32x4.sub(v128.load(x + at + p), v128.load(largest + p)));
        v128.store(share + at + p, value);
        v128.store(sums + p, f32x4.add(v128.load(sums + p), value));
      }
      for (; p < plane; p += 4) {
        const below = f32x4.splat(load<f32>(x + at + p) - load<f32>(largest + p));
        const value = f32x4.extract_lane(expOfNegative(below), 0);
        store<f32>(share + at + p, value);
        store<f32>(sums + p, load<f32>(sums + p) + value);
      }
    }
    for (let at = share; at < share + image; at += plane) {
      let p: usize = 0;
      for (; p < wide; p += 16) v128.store(at + p, f32x4.div(v128.load(at + p), v128.load(sums + p)));
      for (; p < plane; p += 4) store<f32>(at + p, load<f32>(at + p) / load<f32>(sums + p));
    }
  }
  heap.free(sums);
  heap.free(largest);
}

// exp of four floats ≤ 0, within 2 units in the last place; 0 where the result is below the smallest normal
// float.
//
// x = n · ln 2 + r with abs(r) ≤ ln 2 / 2; ln 2 is split into two parts so that r keeps its digits. The
// result is a polynomial of degree 6 in r (minimax, Cephes' coefficients) times 2^n, built from its bits.
function expOfNegative(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(<f32>Math.LOG2E)));
  const high = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  const r = f32x4.sub(high, f32x4.mul(n, f32x4.splat(-2.1219444e-4)));
  let sum = f32x4.splat(1.98756915e-4);
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.3981999507e-3));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(8.3334519073e-3));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(4.1665795894e-2));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.6666665459e-1));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(5.0000001201e-1));
  sum = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(sum, r), r), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.and(f32x4.mul(sum, power), f32x4.ge(n, f32x4.splat(-126)));
}
