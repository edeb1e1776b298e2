// Twin of kernels/replace-ranked.wgsl:
// replaced[s, c, p] = baseline[c, p] where spans[s] holds ranks[p], else image[c, p]
//
// Tile by tile: a tile's ranks and colours stay in cache while all copies of the tile are written, so the
// cost is mostly writing. Eight pixels per step, selected by a mask instead of a branch: along a row, ranks
// are nearly random.

const TILE: usize = 8192; // bytes of one channel's share of a tile

export function replaceRanked(
  copies: u32,
  channels: u32,
  pixels: u32,
  image: usize,
  baseline: usize,
  ranks: usize,
  spans: usize,
  replaced: usize,
): void {
  const plane = (<usize>pixels) << 2; // bytes in one channel
  for (let start: usize = 0; start < plane; start += TILE) {
    const end = min(start + TILE, plane);
    let out = replaced;
    for (let s: u32 = 0; s < copies; s++) {
      const from = load<u32>(spans + (s << 3));
      const to = load<u32>(spans + (s << 3), 4);
      // Below `from`, rank - from wraps around: one comparison instead of two.
      const length = to > from ? to - from : 0;
      for (let c: usize = 0; c < channels; c++, out += plane) {
        const channel = c * plane;
        choose(image + channel, baseline + channel, ranks, from, length, out, start, end);
      }
    }
  }
}

function choose(
  image: usize,
  baseline: usize,
  ranks: usize,
  from: u32,
  length: u32,
  out: usize,
  start: usize,
  end: usize,
): void {
  // With 2^31 added to both sides, a signed comparison gives the unsigned result. SSE has only the signed
  // instruction.
  const from4 = i32x4.splat(from + 0x80000000);
  const length4 = i32x4.splat(length + 0x80000000);
  let p = start;
  for (; p + 32 <= end; p += 32) {
    const taken = i32x4.lt_s(i32x4.sub(v128.load(ranks + p), from4), length4);
    const next = i32x4.lt_s(i32x4.sub(v128.load(ranks + p, 16), from4), length4);
    v128.store(out + p, v128.bitselect(v128.load(baseline + p), v128.load(image + p), taken));
    v128.store(out + p, v128.bitselect(v128.load(baseline + p, 16), v128.load(image + p, 16), next), 16);
  }
  for (; p < end; p += 4) {
    const taken = load<u32>(ranks + p) - from < length;
    store<u32>(out + p, load<u32>((taken ? baseline : image) + p));
  }
}
