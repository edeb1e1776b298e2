// The baseline of the bench, as one would write it first: each map is upsampled and stored, its range is
// computed, then every colour of the input is multiplied by the scaled value, one by one. All masked images
// are kept.

export function alloc(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function scoreCamMasks(
  channels: i32,
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
  activations: usize, // f32 [channels][height][width]
  input: usize, // f32 [3][outHeight][outWidth]
  masked: usize, // f32 [channels][3][outHeight][outWidth]
): void {
  const positions = outHeight * outWidth;
  const map = heap.alloc(positions << 2);
  for (let k = 0; k < channels; k++) {
    const a = activations + ((k * height * width) << 2);
    let lo: f32 = Infinity;
    let hi: f32 = -Infinity;
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        const sy = max<f32>((<f32>y + 0.5) * (<f32>height / <f32>outHeight) - 0.5, 0);
        const sx = max<f32>((<f32>x + 0.5) * (<f32>width / <f32>outWidth) - 0.5, 0);
        const y0 = <i32>sy;
        const x0 = <i32>sx;
        const y1 = min(y0 + 1, height - 1);
        const x1 = min(x0 + 1, width - 1);
        const ty = sy - <f32>y0;
        const tx = sx - <f32>x0;
        const above =
          load<f32>(a + ((y0 * width + x0) << 2)) * (1 - tx) + load<f32>(a + ((y0 * width + x1) << 2)) * tx;
        const below =
          load<f32>(a + ((y1 * width + x0) << 2)) * (1 - tx) + load<f32>(a + ((y1 * width + x1) << 2)) * tx;
        const value = above * (1 - ty) + below * ty;
        store<f32>(map + ((y * outWidth + x) << 2), value);
        if (value < lo) lo = value;
        if (value > hi) hi = value;
      }
    }
    for (let c = 0; c < 3; c++) {
      for (let p = 0; p < positions; p++) {
        const mask = hi > lo ? (load<f32>(map + (p << 2)) - lo) / (hi - lo) : 0;
        const at = (c * positions + p) << 2;
        store<f32>(masked + k * 3 * (positions << 2) + at, mask * load<f32>(input + at));
      }
    }
  }
  heap.free(map);
}
