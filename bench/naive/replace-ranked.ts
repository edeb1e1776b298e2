// The baseline of the bench, as one would write it first: copy by copy, channel by channel, pixel by pixel,
// with a branch.

export function alloc(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function replaceRanked(
  copies: i32,
  channels: i32,
  pixels: i32,
  image: usize, // f32 [channels][pixels]
  baseline: usize, // f32 [channels][pixels]
  ranks: usize, // u32 [pixels]
  spans: usize, // u32 [copies][2]
  replaced: usize, // f32 [copies][channels][pixels]
): void {
  for (let s = 0; s < copies; s++) {
    const from = load<u32>(spans + (s << 3));
    const to = load<u32>(spans + (s << 3) + 4);
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < pixels; p++) {
        const rank = load<u32>(ranks + (p << 2));
        const at = (c * pixels + p) << 2;
        const out = replaced + (((s * channels + c) * pixels + p) << 2);
        if (rank >= from && rank < to) store<f32>(out, load<f32>(baseline + at));
        else store<f32>(out, load<f32>(image + at));
      }
    }
  }
}
