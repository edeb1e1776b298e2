// Twin of kernels/arrange-gray.wgsl: each sample's offset in the joint histogram, in the order in which
// scanline.ts reads them
//
// Order: bands of eight rows; in a band, run by run; in a run, row by row. An offset is that of the grey
// bin's counters in joint-histogram.ts.

import { BAND, offsetScale } from './scanline';

export function arrangeGray(
  batch: u32,
  width: u32,
  sampleHeight: u32,
  sampleWidth: u32,
  originX: i32,
  stepX: u32,
  denominatorX: u32,
  octets: u32,
  bins: u32,
  packed: u32,
  gray: usize,
  arranged: usize,
): void {
  const shiftGray = 8 - <i32>ctz(bins);
  const shiftRow = <i32>ctz(bins) + offsetScale(bins, packed);
  const bytes = (<usize>(sampleHeight * octets * (width + 1) + 2)) << 4;
  for (let n: u32 = 0; n < batch; n++) {
    let to = arranged;
    for (let y: u32 = 0; y < sampleHeight; y += BAND) {
      const rows = min(BAND, sampleHeight - y);
      let left: u32 = 0;
      for (let j: u32 = 0; j <= width; j++) {
        const end = endOfRun(j, width, sampleWidth, originX, <i32>stepX, <i32>denominatorX);
        for (let row: u32 = 0; row < rows; row++) {
          let from = gray + ((<usize>((y + row) * sampleWidth + left)) << 2);
          for (let x = left; x < end; x++, from += 4, to += 2) {
            store<u16>(to, <u16>(((load<u32>(from) & 255) >> shiftGray) << shiftRow));
          }
        }
        left = end;
      }
    }
    memory.fill(to, 0, arranged + bytes - to);
    gray += (<usize>(sampleHeight * sampleWidth)) << 2;
    arranged += bytes;
  }
}

/** The first sample after run j, which lies between columns j - 1 and j of the layer. */
function endOfRun(j: u32, width: u32, samples: u32, origin: i32, step: i32, denominator: i32): u32 {
  if (j === width) return samples;
  const distance = max(<i32>j * denominator - origin, 0);
  return min(<u32>(distance + step - 1) / step, samples);
}
