// Twin of kernels/class-margin.wgsl: margin[n, p] = Σ_c choice[n, c] · x[n, c, p] - min_c x[n, c, p]
//
// Class by class, so that `x` is read in order while two rows of one image stay in cache. Most classes are
// not chosen: their products with 0 are skipped, which changes no finite sum.

export function classMargin(
  batch: u32,
  classes: u32,
  positions: u32,
  x: usize,
  choice: usize,
  margin: usize,
): void {
  const plane = (<usize>positions) << 2; // bytes in one map
  const lowest = heap.alloc(plane);
  for (let n: u32 = 0; n < batch; n++, margin += plane) {
    memory.fill(margin, 0, plane);
    memory.copy(lowest, x, plane);
    for (let c: u32 = 0; c < classes; c++, x += plane, choice += 4) {
      const factor = load<f32>(choice);
      const factor4 = f32x4.splat(factor);
      const chosen = factor !== 0;
      let p: usize = 0;
      for (; p + 16 <= plane; p += 16) {
        const value4 = v128.load(x + p);
        v128.store(lowest + p, f32x4.min(v128.load(lowest + p), value4));
        if (chosen) v128.store(margin + p, f32x4.add(v128.load(margin + p), f32x4.mul(factor4, value4)));
      }
      for (; p < plane; p += 4) {
        const value = load<f32>(x + p);
        store<f32>(lowest + p, min<f32>(load<f32>(lowest + p), value));
        if (chosen) store<f32>(margin + p, load<f32>(margin + p) + factor * value);
      }
    }
    for (let p: usize = 0; p < plane; p += 4) {
      store<f32>(margin + p, load<f32>(margin + p) - load<f32>(lowest + p));
    }
  }
  heap.free(lowest);
}
