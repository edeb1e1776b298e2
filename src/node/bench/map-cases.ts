import { alignSign } from '../../kernels/align-sign.js';
import { grayHistogram } from '../../kernels/gray-histogram.js';
import { type KernelCase, kernelCase } from './kernel-case.js';
import * as channels from './plain/channels.js';
import * as components from './plain/components.js';
import * as information from './plain/information.js';
import * as maps from './plain/maps.js';
import { activationsOf, float32, grayPictures, signed, uint32 } from './tensors.js';

const CLASSES = 1000;
const COPIES = 16;

/** Kernels on maps, class maps and pictures: what precedes and follows the weighting of channels. */
export const mapCases: readonly KernelCase[] = [
  kernelCase({
    kernel: 'resizeBilinear',
    size: '16×14×14 → 224×224',
    bound: 1e-6,
    inputs: () => ({ x: signed([16, 14, 14], 1) }),
    run: ({ ops }, { x }) => ops.resizeBilinear(x, [224, 224]),
    plain: ({ x }) => maps.resizeBilinear(x.data, 16, [14, 14], [224, 224]),
  }),
  kernelCase({
    kernel: 'saliency',
    size: '16×14×14 → 224×224',
    bound: 1e-6,
    inputs: () => ({ x: signed([16, 14, 14], 1) }),
    run: ({ ops }, { x }) => ops.saliency(x, [224, 224]),
    plain: ({ x }) => {
      const up = maps.resizeBilinear(maps.relu(x.data), 16, [14, 14], [224, 224]);
      return maps.rescale(up, maps.minMax(up, 16), 16);
    },
  }),
  kernelCase({
    kernel: 'relu',
    size: '2048×7×7',
    bound: 0,
    inputs: () => ({ x: signed([1, 2048, 7, 7], 1) }),
    run: ({ ops }, { x }) => ops.relu(x),
    plain: ({ x }) => maps.relu(x.data),
  }),
  kernelCase({
    kernel: 'minMax',
    size: '16×224×224',
    bound: 0,
    inputs: () => ({ x: signed([16, 224, 224], 1) }),
    run: ({ ops }, { x }) => ops.minMax(x),
    plain: ({ x }) => maps.minMax(x.data, 16),
  }),
  kernelCase({
    kernel: 'replaceRanked',
    size: `${COPIES} of 3×224×224`,
    bound: 0,
    inputs: () => ({
      image: signed([3, 224, 224], 1),
      baseline: signed([3, 224, 224], 2),
      // Each rank once, scattered: 7919 is prime to 224².
      ranks: uint32([224, 224], (i) => (i * 7919) % 50_176),
      spans: uint32([COPIES, 2], (i) => (i % 2 === 0 ? 0 : ((i + 1) / 2) * (50_176 / COPIES))),
    }),
    run: ({ ops }, { image, baseline, ranks, spans }) => ops.replaceRanked(image, baseline, ranks, spans),
    plain: ({ image, baseline, ranks, spans }) =>
      maps.replaceRanked(image.data, baseline.data, ranks.data, spans.data, 50_176),
  }),
  kernelCase({
    kernel: 'rescale',
    size: '16×224×224',
    bound: 1e-6,
    inputs: () => {
      const x = signed([16, 224, 224], 1);
      const range = maps.minMax(x.data, 16);
      return { x, range: float32([16, 2], (i) => range[i]) };
    },
    run: ({ ops }, { x, range }) => ops.rescale(x, range),
    plain: ({ x, range }) => maps.rescale(x.data, range.data, 16),
  }),
  kernelCase({
    kernel: 'alignSign',
    size: '32×14×14',
    bound: 0,
    inputs: () => ({ map: signed([32, 14, 14], 1), toward: signed([32, 14, 14], 2) }),
    run: ({ backend }, inputs) => backend.run(alignSign, inputs, undefined),
    plain: ({ map, toward }) => {
      const aligned = new Float64Array(map.data.length);
      for (let at = 0; at < aligned.length; at += 196)
        aligned.set(
          components.alignSign(map.data.subarray(at, at + 196), toward.data.subarray(at, at + 196)),
          at,
        );
      return aligned;
    },
  }),
  kernelCase({
    kernel: 'boxSum',
    size: `${CLASSES}×14×14, 3×3`,
    bound: 1e-5,
    inputs: () => ({ x: signed([CLASSES, 14, 14], 1) }),
    run: ({ ops }, { x }) => ops.boxSum(x, 3),
    plain: ({ x }) => maps.boxSum(x.data, CLASSES, [14, 14], 3),
  }),
  kernelCase({
    kernel: 'classMargin',
    size: `${CLASSES}×14×14`,
    bound: 1e-6,
    inputs: () => ({
      x: signed([1, CLASSES, 14, 14], 1),
      choice: float32([1, CLASSES], (i) => (i === 7 ? 1 : 0)),
    }),
    run: ({ ops }, { x, choice }) => ops.classMargin(x, choice),
    plain: ({ x, choice }) => channels.classMargin(x.data, choice.data, CLASSES, 196),
  }),
  kernelCase({
    kernel: 'matrixProduct',
    size: `${CLASSES}×512 · 512×49`,
    bound: 1e-5,
    inputs: () => ({ x: signed([512, 49], 1), weights: signed([CLASSES, 512], 2) }),
    run: ({ ops }, { x, weights }) => ops.matrixProduct(x, weights),
    plain: ({ x, weights }) => channels.matrixProduct(x.data, weights.data, CLASSES, 512, 49),
  }),
  kernelCase({
    kernel: 'channelSoftmax',
    size: '200×28×28',
    bound: 1e-5,
    inputs: () => ({ x: signed([1, 200, 28, 28], 1) }),
    run: ({ ops }, { x }) => ops.channelSoftmax(x),
    plain: ({ x }) => channels.channelSoftmax(x.data, 200, 784),
  }),
  kernelCase({
    kernel: 'softplus',
    size: '16×28×28',
    bound: 1e-6,
    inputs: () => ({ x: signed([16, 28, 28], 1) }),
    run: ({ ops }, { x }) => ops.softplus(x),
    plain: ({ x }) => maps.softplus(x.data),
  }),
  kernelCase({
    kernel: 'share',
    size: '16×28×28',
    bound: 1e-5,
    inputs: () => {
      const { data } = activationsOf([1, 16, 28, 28], 1);
      return { x: float32([16, 28, 28], (i) => data[i]) };
    },
    run: ({ ops }, { x }) => ops.share(x),
    plain: ({ x }) => maps.share(x.data, 16),
  }),
  kernelCase({
    kernel: 'grayHistogram',
    size: '16×224×224, 64 bins',
    bound: 0,
    inputs: () => ({ gray: grayPictures([16, 224, 224], 1) }),
    run: ({ backend }, inputs) => backend.run(grayHistogram, inputs, 64),
    plain: ({ gray }) => information.grayHistogram(gray.data, 16, 64),
  }),
  kernelCase({
    // Order and places are the backend's own: what is checked is what they serve, with as little else as can
    // be.
    kernel: 'arrangeGray',
    size: '16×224×224, 64 bins, one channel of 14×14 counted',
    bound: 1e-5,
    inputs: () => ({ a: activationsOf([16, 1, 14, 14], 1), gray: grayPictures([16, 224, 224], 2) }),
    run: ({ ops }, { a, gray }) => ops.mutualInformation(a, gray, { bins: 64 }),
    plain: ({ a, gray }) =>
      Float64Array.from({ length: 16 }, (_, n) => {
        const picture = gray.data.subarray(n * 50_176, (n + 1) * 50_176);
        const layer = a.data.subarray(n * 196, (n + 1) * 196);
        return information.mutualInformation(layer, picture, 1, [14, 14], [224, 224], 64)[0];
      }),
  }),
];
