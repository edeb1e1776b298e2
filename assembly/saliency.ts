// Twin of kernels/saliency.wgsl: with up = resizeBilinear(relu(map)),
// saliency[n, P] = (up[n, P] - min up[n]) / (max up[n] - min up[n])
//
// The four steps run one after the other, the last in place.

import { minMax } from './min-max';
import { relu } from './relu';
import { rescale } from './rescale';
import { resizeBilinear } from './resize-bilinear';

export function saliency(
  batch: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  unitY: f32,
  unitX: f32,
  map: usize,
  saliency: usize,
): void {
  const count = batch * height * width;
  const positive = heap.alloc((<usize>count) << 2);
  const range = heap.alloc((<usize>batch) << 3);
  relu(count, map, positive);
  resizeBilinear(batch, height, width, outHeight, outWidth, unitY, unitX, positive, saliency);
  minMax(batch, outHeight * outWidth, saliency, range);
  rescale(batch, outHeight * outWidth, saliency, range, saliency);
  heap.free(range);
  heap.free(positive);
}
