import { GRAM_SCALE, gram } from '../../kernels/gram.js';
import { principalComponent } from '../../kernels/principal-component.js';
import { quantizeLayer } from '../../kernels/quantize-layer.js';
import { centre } from '../../reference/centre.js';
import { channelSum } from '../../reference/channel-sum.js';
import { firstComponent } from '../../reference/first-component.js';
import { gradCamPlusPlusWeights } from '../../reference/grad-cam-plus-plus-weights.js';
import { gram as plainGram } from '../../reference/gram.js';
import { matrixProduct } from '../../reference/matrix-product.js';
import { multiply } from '../../reference/multiply.js';
import { mutualInformation } from '../../reference/mutual-information.js';
import { principalComponent as plainPrincipalComponent } from '../../reference/principal-component.js';
import { quantizeLayer as plainQuantizeLayer } from '../../reference/quantize-layer.js';
import { scaleChannels } from '../../reference/scale-channels.js';
import { scoreCamMasks } from '../../reference/score-cam-masks.js';
import { spatialMean } from '../../reference/spatial-mean.js';
import { upsampledRange } from '../../reference/upsampled-range.js';
import { weightedSum } from '../../reference/weighted-sum.js';
import { xgradWeights } from '../../reference/xgrad-weights.js';
import { type KernelCase, kernelCase } from './kernel-case.js';
import { activationsOf, float32, grayPictures, signed, uint32 } from './tensors.js';

/** A layer of one picture, as real networks have it before their classifier, and the picture's size. */
interface Layer {
  readonly k: number;
  readonly side: number;
  readonly quick: boolean;
}

// VGG-16's last block, and ResNet-50's.
const layers: readonly Layer[] = [
  { k: 512, side: 14, quick: true },
  { k: 2048, side: 7, quick: false },
];
const [VGG, RESNET] = layers;
const SIZE = [224, 224] as const;
const BINS = 64;
const MASKS = 16;

const sizeText = ({ k, side }: Layer): string => `${k}×${side}×${side}`;
const activations = ({ k, side }: Layer, seed = 1) => activationsOf([1, k, side, side], seed);
const gradients = ({ k, side }: Layer) => signed([1, k, side, side], 2);

/** The kernel at every layer of the list. */
const onLayers = (make: (layer: Layer, k: number, p: number) => KernelCase): KernelCase[] =>
  layers.map((layer) => make(layer, layer.k, layer.side ** 2));

/** Kernels over the channels of a layer, and operations composed of them. */
export const layerCases: readonly KernelCase[] = [
  ...onLayers((layer, k) =>
    kernelCase({
      kernel: 'mutualInformation',
      size: `${sizeText(layer)} → 224×224, ${BINS} bins`,
      bound: 1e-5,
      quick: layer.quick,
      inputs: () => ({ a: activations(layer), gray: grayPictures([1, ...SIZE], 2) }),
      run: ({ ops }, { a, gray }) => ops.mutualInformation(a, gray, { bins: BINS }),
      plain: ({ a, gray }) =>
        mutualInformation(a.data, gray.data, [1, k, layer.side, layer.side], SIZE, BINS),
    }),
  ),
  kernelCase({
    kernel: 'quantizeLayer',
    size: `${sizeText(VGG)} → 224×224`,
    bound: 2e-9, // one unit in 2^30
    inputs: () => ({ a: activations(VGG) }),
    run: ({ backend }, { a }) => backend.run(quantizeLayer, { activations: a }, SIZE),
    plain: ({ a }) => plainQuantizeLayer(a.data, [1, VGG.k, VGG.side, VGG.side], SIZE).q,
  }),
  ...onLayers((layer, k) =>
    kernelCase({
      kernel: 'weightedSum',
      size: sizeText(layer),
      bound: 1e-5,
      quick: layer.quick,
      inputs: () => ({ a: activations(layer), weights: signed([1, k], 2) }),
      run: ({ ops }, { a, weights }) => ops.weightedSum(a, weights),
      plain: ({ a, weights }) => weightedSum(a.data, weights.data, [1, k, layer.side, layer.side]),
    }),
  ),
  ...onLayers((layer, k) =>
    kernelCase({
      kernel: 'spatialMean',
      size: sizeText(layer),
      bound: 3e-6,
      quick: layer.quick,
      inputs: () => ({ a: activations(layer) }),
      run: ({ ops }, { a }) => ops.spatialMean(a),
      plain: ({ a }) => spatialMean(a.data, [1, k, layer.side, layer.side]),
    }),
  ),
  ...onLayers((layer, k, p) =>
    kernelCase({
      kernel: 'firstComponent',
      size: sizeText(layer),
      bound: 1e-5,
      quick: layer.quick,
      inputs: () => ({ a: activations(layer) }),
      run: ({ ops }, { a }) => ops.firstComponent(a),
      plain: ({ a }) => firstComponent(a.data, [1, k, p]),
    }),
  ),
  kernelCase({
    kernel: 'gram',
    size: `${sizeText(RESNET)}, positions`,
    bound: 1e-6,
    inputs: () => ({ x: activations(RESNET) }),
    run: ({ backend }, { x }) => backend.run(gram, { x }, 'positions'),
    plain: ({ x }) =>
      plainGram(x.data, [1, RESNET.k, RESNET.side ** 2], 'positions').map((value) => value * GRAM_SCALE ** 2),
  }),
  kernelCase({
    kernel: 'principalComponent',
    size: '49×49',
    bound: 1e-5,
    eitherSign: true,
    inputs: () => {
      const products = plainGram(activations(RESNET).data, [1, RESNET.k, 49], 'positions');
      return { gram: float32([1, 49, 49], (i) => products[i] * GRAM_SCALE ** 2) };
    },
    run: ({ backend }, inputs) =>
      backend.run(principalComponent, inputs, { as: 'projection', shape: [1, 7, 7] }),
    plain: (inputs) =>
      plainPrincipalComponent(
        inputs.gram.data.map((value) => value / GRAM_SCALE ** 2),
        1,
        49,
      ),
  }),
  kernelCase({
    kernel: 'gradCamPlusPlusWeights',
    size: sizeText(RESNET),
    bound: 3e-6,
    inputs: () => ({ a: activations(RESNET), g: signed([1, RESNET.k, 7, 7], 2, 0.01) }),
    run: ({ ops }, { a, g }) => ops.gradCamPlusPlusWeights(a, g),
    plain: ({ a, g }) => gradCamPlusPlusWeights(a.data, g.data, RESNET.k),
  }),
  kernelCase({
    kernel: 'xgradWeights',
    size: sizeText(RESNET),
    bound: 3e-6,
    inputs: () => ({ a: activations(RESNET), g: gradients(RESNET) }),
    run: ({ ops }, { a, g }) => ops.xgradWeights(a, g),
    plain: ({ a, g }) => xgradWeights(a.data, g.data, RESNET.k),
  }),
  kernelCase({
    kernel: 'centre',
    size: sizeText(RESNET),
    bound: 1e-6,
    inputs: () => ({ x: activations(RESNET) }),
    run: ({ ops }, { x }) => ops.centre(x),
    plain: ({ x }) => centre(x.data, RESNET.k),
  }),
  kernelCase({
    kernel: 'multiply',
    size: sizeText(RESNET),
    bound: 1e-6,
    inputs: () => ({ a: activations(RESNET), g: gradients(RESNET) }),
    run: ({ ops }, { a, g }) => ops.multiply(a, g),
    plain: ({ a, g }) => multiply(a.data, g.data),
  }),
  kernelCase({
    kernel: 'scaleChannels',
    size: sizeText(VGG),
    bound: 1e-6,
    inputs: () => ({ a: activations(VGG), weights: signed([1, VGG.k], 2) }),
    run: ({ ops }, { a, weights }) => ops.scaleChannels(a, weights),
    plain: ({ a, weights }) => scaleChannels(a.data, weights.data, 196),
  }),
  kernelCase({
    kernel: 'channelSum',
    size: sizeText(RESNET),
    bound: 1e-5,
    inputs: () => ({ x: activations(RESNET) }),
    run: ({ ops }, { x }) => ops.channelSum(x),
    plain: ({ x }) => channelSum(x.data, [1, RESNET.k, 7, 7]),
  }),
  kernelCase({
    kernel: 'classMaps',
    size: `${sizeText(VGG)}, 1000 classes`,
    bound: 1e-5,
    inputs: () => ({ a: activations(VGG), weights: signed([1000, VGG.k], 2) }),
    run: ({ ops }, { a, weights }) => ops.classMaps(a, weights),
    plain: ({ a, weights }) => matrixProduct(a.data, weights.data, [1, 1000, VGG.k, 196]),
  }),
  kernelCase({
    kernel: 'upsampledRange',
    size: `${sizeText(VGG)} → 224×224`,
    bound: 1e-6,
    inputs: () => ({ a: activations(VGG) }),
    run: ({ ops }, { a }) => ops.upsampledRange(a, SIZE),
    plain: ({ a }) => upsampledRange(a.data, [VGG.k, 14, 14], SIZE),
  }),
  kernelCase({
    kernel: 'scoreCamMasks',
    size: `${MASKS}×14×14 → ${MASKS}×3×224×224`,
    bound: 1e-5,
    inputs: () => {
      const a = activationsOf([1, MASKS, 14, 14], 1);
      const ranges = upsampledRange(a.data, [MASKS, 14, 14], SIZE);
      return {
        a,
        input: signed([1, 3, ...SIZE], 2),
        ranges: float32([1, MASKS, 2], (i) => ranges[i]),
        channels: uint32([MASKS], (i) => i),
      };
    },
    run: ({ ops }, { a, input, ranges, channels }) =>
      ops.scoreCamMasks(input, a, ranges, channels, { image: 0, factor: 1 }),
    plain: ({ a, input, channels }) =>
      scoreCamMasks(input.data, a.data, [3, ...SIZE], [14, 14], channels.data, 1),
  }),
];
