// The baseline of the bench, as one would write it first: each map is upsampled and stored, its range is
// computed, then it is binned and counted sample by sample; entropies use logarithms. Float32 maps, float64
// entropies.

export function alloc(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function mutualInformation(
  channels: i32,
  height: i32,
  width: i32,
  sampleHeight: i32,
  sampleWidth: i32,
  bins: i32,
  activations: usize, // f32 [channels][height][width]
  gray: usize, // u32 [sampleHeight][sampleWidth], 0..255
  mi: usize, // f32 [channels]
): void {
  const samples = sampleHeight * sampleWidth;
  const scaleY = <f32>height / <f32>sampleHeight;
  const scaleX = <f32>width / <f32>sampleWidth;
  const map = heap.alloc(samples << 2);
  const joint = heap.alloc((bins * bins) << 2);
  const grayCounts = heap.alloc(bins << 2);
  const mapCounts = heap.alloc(bins << 2);
  for (let k = 0; k < channels; k++) {
    const a = activations + ((k * height * width) << 2);
    let lo: f32 = Infinity;
    let hi: f32 = -Infinity;
    for (let y = 0; y < sampleHeight; y++) {
      const sy = max<f32>((<f32>y + 0.5) * scaleY - 0.5, 0);
      const y0 = <i32>sy;
      const y1 = min(y0 + 1, height - 1);
      const ty = sy - <f32>y0;
      for (let x = 0; x < sampleWidth; x++) {
        const sx = max<f32>((<f32>x + 0.5) * scaleX - 0.5, 0);
        const x0 = <i32>sx;
        const x1 = min(x0 + 1, width - 1);
        const tx = sx - <f32>x0;
        const above =
          load<f32>(a + ((y0 * width + x0) << 2)) * (1 - tx) + load<f32>(a + ((y0 * width + x1) << 2)) * tx;
        const below =
          load<f32>(a + ((y1 * width + x0) << 2)) * (1 - tx) + load<f32>(a + ((y1 * width + x1) << 2)) * tx;
        const value = above * (1 - ty) + below * ty;
        store<f32>(map + ((y * sampleWidth + x) << 2), value);
        if (value < lo) lo = value;
        if (value > hi) hi = value;
      }
    }
    memory.fill(joint, 0, (bins * bins) << 2);
    memory.fill(grayCounts, 0, bins << 2);
    memory.fill(mapCounts, 0, bins << 2);
    const scale = hi > lo ? <f32>bins / (hi - lo) : 0;
    for (let p = 0; p < samples; p++) {
      const g = (load<u32>(gray + (p << 2)) * bins) >> 8;
      const b = min(<i32>((load<f32>(map + (p << 2)) - lo) * scale), bins - 1);
      increment(joint + ((g * bins + b) << 2));
      increment(grayCounts + (g << 2));
      increment(mapCounts + (b << 2));
    }
    store<f32>(
      mi + (k << 2),
      <f32>(
        (entropy(grayCounts, bins, samples) +
          entropy(mapCounts, bins, samples) -
          entropy(joint, bins * bins, samples))
      ),
    );
  }
  heap.free(map);
  heap.free(joint);
  heap.free(grayCounts);
  heap.free(mapCounts);
}

function increment(counter: usize): void {
  store<u32>(counter, load<u32>(counter) + 1);
}

function entropy(counts: usize, cells: i32, samples: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < cells; i++) {
    const n = <f64>load<u32>(counts + (i << 2));
    if (n > 0) sum -= (n / <f64>samples) * Math.log(n / <f64>samples);
  }
  return sum;
}
