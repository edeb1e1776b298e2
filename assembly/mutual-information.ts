// Twin of kernels/mutual-information.wgsl: mi[n, k] = H(gray) + H(map) - H(joint), nats
//
// Per channel one pass over the sampling grid in bands of eight rows (`scanline.ts`) and one over the joint
// histogram (`joint-histogram.ts`). The number of bins and the width of a counter are compile-time constants
// of both. AssemblyScript has no constant parameters, so a type of `bins / 32` bytes encodes the number of
// bins. A 16-bit counter holds at most 65,535 samples.

import { informationSum, tally } from './joint-histogram';
import { beginImage, indexBand, prepareLayer, prepareScanlines, releaseScanlines } from './scanline';

export function mutualInformation(
  batch: u32,
  channels: u32,
  height: u32,
  width: u32,
  sampleHeight: u32,
  sampleWidth: u32,
  originY: i32,
  stepY: u32,
  denominatorY: u32,
  originX: i32,
  stepX: u32,
  denominatorX: u32,
  bin0: i32,
  octets: u32,
  bins: u32,
  packed: u32,
  unit: f32,
  q: usize,
  arranged: usize,
  grayCounts: usize,
  table: usize,
  mi: usize,
): void {
  prepareScanlines(
    height,
    width,
    sampleHeight,
    sampleWidth,
    originY,
    stepY,
    denominatorY,
    originX,
    stepX,
    denominatorX,
    bin0,
  );
  const samples = sampleHeight * sampleWidth;
  const layerBytes = (<usize>(height * width)) << 2;
  for (let n: u32 = 0; n < batch; n++) {
    if (!packed) {
      if (bins === 32)
        explainImage<u8, u32>(channels, layerBytes, samples, unit, q, arranged, grayCounts, table, mi);
      else if (bins === 64)
        explainImage<u16, u32>(channels, layerBytes, samples, unit, q, arranged, grayCounts, table, mi);
      else if (bins === 128)
        explainImage<u32, u32>(channels, layerBytes, samples, unit, q, arranged, grayCounts, table, mi);
      else explainImage<u64, u32>(channels, layerBytes, samples, unit, q, arranged, grayCounts, table, mi);
    } else if (bins === 32)
      explainImage<u8, u16>(channels, layerBytes, samples, unit, q, arranged, grayCounts, table, mi);
    else if (bins === 64)
      explainImage<u16, u16>(channels, layerBytes, samples, unit, q, arranged, grayCounts, table, mi);
    else if (bins === 128)
      explainImage<u32, u16>(channels, layerBytes, samples, unit, q, arranged, grayCounts, table, mi);
    else explainImage<u64, u16>(channels, layerBytes, samples, unit, q, arranged, grayCounts, table, mi);
    q += <usize>channels * layerBytes;
    arranged += (<usize>(sampleHeight * octets * (width + 1) + 2)) << 4;
    grayCounts += (<usize>bins) << 2;
    mi += (<usize>channels) << 2;
  }
  releaseScanlines();
}

function explainImage<B, C>(
  channels: u32,
  layerBytes: usize,
  samples: u32,
  unit: f32,
  q: usize,
  arranged: usize,
  grayCounts: usize,
  table: usize,
  mi: usize,
): void {
  const bands = beginImage(arranged);
  let imageSum = load<u32>(table + ((<usize>samples) << 2)); // T_N - G, modulo 2^32
  for (let b: usize = 0; b < sizeof<B>() << 7; b += 4) {
    imageSum -= load<u32>(table + ((<usize>load<u32>(grayCounts + b)) << 2));
  }
  for (let k: u32 = 0; k < channels; k++, q += layerBytes, mi += 4) {
    prepareLayer(q);
    for (let band: u32 = 0; band < bands; band++) tally<B, C>(indexBand<B, C>(band));
    const sum = imageSum + informationSum<B, C>(grayCounts, table, samples);
    // Rounding of the table can give a sum slightly below 0.
    store<f32>(mi, sum >= 0xffff0000 ? 0 : <f32>(<f64>sum * <f64>unit));
  }
}
