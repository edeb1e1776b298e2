import { alignSign } from '../../kernels/align-sign.js';
import { grayHistogram } from '../../kernels/gray-histogram.js';
import { alignSign as plainAlignSign } from '../../reference/align-sign.js';
import { boxSum } from '../../reference/box-sum.js';
import { channelSoftmax } from '../../reference/channel-softmax.js';
import { classMargin } from '../../reference/class-margin.js';
import { grayHistogram as plainGrayHistogram } from '../../reference/gray-histogram.js';
import { matrixProduct } from '../../reference/matrix-product.js';
import { minMax } from '../../reference/min-max.js';
import { mutualInformation } from '../../reference/mutual-information.js';
import { relu } from '../../reference/relu.js';
import { replaceRanked } from '../../reference/replace-ranked.js';
import { rescale } from '../../reference/rescale.js';
import { resizeBilinear } from '../../reference/resize-bilinear.js';
import { saliency } from '../../reference/saliency.js';
import { share } from '../../reference/share.js';
import { softplus } from '../../reference/softplus.js';
import { type KernelCase, kernelCase } from './kernel-case.js';
import { activationsOf, float32, grayPictures, signed, uint32 } from './tensors.js';

const CLASSES = 1000;
const COPIES = 16;

/** Kernels on maps, class maps and pictures: they run before or after the channels are weighted. */
export const mapCases: readonly KernelCase[] = [
  kernelCase({
    kernel: 'resizeBilinear',
    size: '16×14×14 → 224×224',
    bound: 1e-6,
    inputs: () => ({ x: signed([16, 14, 14], 1) }),
    run: ({ ops }, { x }) => ops.resizeBilinear(x, [224, 224]),
    plain: ({ x }) => resizeBilinear(x.data, [16, 14, 14], [224, 224]),
  }),
  kernelCase({
    kernel: 'saliency',
    size: '16×14×14 → 224×224',
    bound: 1e-6,
    inputs: () => ({ x: signed([16, 14, 14], 1) }),
    run: ({ ops }, { x }) => ops.saliency(x, [224, 224]),
    plain: ({ x }) => saliency(x.data, [16, 14, 14], [224, 224]),
  }),
  kernelCase({
    kernel: 'relu',
    size: '2048×7×7',
    bound: 0,
    inputs: () => ({ x: signed([1, 2048, 7, 7], 1) }),
    run: ({ ops }, { x }) => ops.relu(x),
    plain: ({ x }) => relu(x.data),
  }),
  kernelCase({
    kernel: 'minMax',
    size: '16×224×224',
    bound: 0,
    inputs: () => ({ x: signed([16, 224, 224], 1) }),
    run: ({ ops }, { x }) => ops.minMax(x),
    plain: ({ x }) => minMax(x.data, [16, 224, 224]),
  }),
  kernelCase({
    kernel: 'replaceRanked',
    size: `${COPIES} of 3×224×224`,
    bound: 0,
    inputs: () => ({
      image: signed([3, 224, 224], 1),
      baseline: signed([3, 224, 224], 2),
      // Each rank once, scattered: 7919 is coprime to 224².
      ranks: uint32([224, 224], (i) => (i * 7919) % 50_176),
      spans: uint32([COPIES, 2], (i) => (i % 2 === 0 ? 0 : ((i + 1) / 2) * (50_176 / COPIES))),
    }),
    run: ({ ops }, { image, baseline, ranks, spans }) => ops.replaceRanked(image, baseline, ranks, spans),
    plain: ({ image, baseline, ranks, spans }) =>
      replaceRanked(image.data, baseline.data, ranks.data, spans.data),
  }),
  kernelCase({
    kernel: 'rescale',
    size: '16×224×224',
    bound: 1e-6,
    inputs: () => {
      const x = signed([16, 224, 224], 1);
      const range = minMax(x.data, [16, 224, 224]);
      return { x, range: float32([16, 2], (i) => range[i]) };
    },
    run: ({ ops }, { x, range }) => ops.rescale(x, range),
    plain: ({ x, range }) => rescale(x.data, range.data, [16, 224, 224]),
  }),
  kernelCase({
    kernel: 'alignSign',
    size: '32×14×14',
    bound: 0,
    inputs: () => ({ map: signed([32, 14, 14], 1), toward: signed([32, 14, 14], 2) }),
    run: ({ backend }, inputs) => backend.run(alignSign, inputs, undefined),
    plain: ({ map, toward }) => plainAlignSign(map.data, toward.data, 32),
  }),
  kernelCase({
    kernel: 'boxSum',
    size: `${CLASSES}×14×14, 3×3`,
    bound: 1e-5,
    inputs: () => ({ x: signed([CLASSES, 14, 14], 1) }),
    run: ({ ops }, { x }) => ops.boxSum(x, 3),
    plain: ({ x }) => boxSum(x.data, [CLASSES, 14, 14], 3),
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
    plain: ({ x, choice }) => classMargin(x.data, choice.data, [1, CLASSES, 196]),
  }),
  kernelCase({
    kernel: 'matrixProduct',
    size: `${CLASSES}×512 · 512×49`,
    bound: 1e-5,
    inputs: () => ({ x: signed([512, 49], 1), weights: signed([CLASSES, 512], 2) }),
    run: ({ ops }, { x, weights }) => ops.matrixProduct(x, weights),
    plain: ({ x, weights }) => matrixProduct(x.data, weights.data, [1, CLASSES, 512, 49]),
  }),
  kernelCase({
    kernel: 'channelSoftmax',
    size: '200×28×28',
    bound: 1e-5,
    inputs: () => ({ x: signed([1, 200, 28, 28], 1) }),
    run: ({ ops }, { x }) => ops.channelSoftmax(x),
    plain: ({ x }) => channelSoftmax(x.data, [1, 200, 784]),
  }),
  kernelCase({
    kernel: 'softplus',
    size: '16×28×28',
    bound: 1e-6,
    inputs: () => ({ x: signed([16, 28, 28], 1) }),
    run: ({ ops }, { x }) => ops.softplus(x),
    plain: ({ x }) => softplus(x.data),
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
    plain: ({ x }) => share(x.data, [16, 784]),
  }),
  kernelCase({
    kernel: 'grayHistogram',
    size: '16×224×224, 64 bins',
    bound: 0,
    inputs: () => ({ gray: grayPictures([16, 224, 224], 1) }),
    run: ({ backend }, inputs) => backend.run(grayHistogram, inputs, 64),
    plain: ({ gray }) => plainGrayHistogram(gray.data, 16, 64),
  }),
  kernelCase({
    // Order and layout are chosen by each backend. The case checks the values that methods use, with few
    // other operations.
    kernel: 'arrangeGray',
    size: '16×224×224, 64 bins, one channel of 14×14 counted',
    bound: 1e-5,
    inputs: () => ({ a: activationsOf([16, 1, 14, 14], 1), gray: grayPictures([16, 224, 224], 2) }),
    run: ({ ops }, { a, gray }) => ops.mutualInformation(a, gray, { bins: 64 }),
    plain: ({ a, gray }) => mutualInformation(a.data, gray.data, [16, 1, 14, 14], [224, 224], 64),
  }),
];
