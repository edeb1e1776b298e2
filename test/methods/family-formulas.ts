import { centre } from '../../src/reference/centre.js';
import { channelSum } from '../../src/reference/channel-sum.js';
import { gradCamPlusPlusWeights } from '../../src/reference/grad-cam-plus-plus-weights.js';
import { multiply } from '../../src/reference/multiply.js';
import { relu } from '../../src/reference/relu.js';
import { spatialMean } from '../../src/reference/spatial-mean.js';
import { weightedSum } from '../../src/reference/weighted-sum.js';
import { xgradWeights } from '../../src/reference/xgrad-weights.js';
import { svdComponent } from '../svd-component.js';

type Formula = (
  activations: ArrayLike<number>,
  gradients: ArrayLike<number>,
  shape: readonly [number, number, number, number],
) => ArrayLike<number>;

const component = (x: ArrayLike<number>, [n, k, h, w]: readonly [number, number, number, number]) =>
  svdComponent(x, [n, k, h * w]).map;

/** The coarse map of each method, `[n, h, w]`, in float64. */
export const family: Readonly<Record<string, Formula>> = {
  'grad-cam': (a, g, shape) => weightedSum(a, spatialMean(g, shape), shape),
  'grad-cam++': (a, g, shape) => weightedSum(a, gradCamPlusPlusWeights(a, g, shape[0] * shape[1]), shape),
  'xgrad-cam': (a, g, shape) => weightedSum(a, xgradWeights(a, g, shape[0] * shape[1]), shape),
  'hires-cam': (a, g, shape) => channelSum(multiply(g, a), shape),
  'layer-cam': (a, g, shape) => channelSum(multiply(relu(g), a), shape),
  'grad-cam-elementwise': (a, g, shape) => channelSum(relu(multiply(g, a)), shape),
  'eigen-cam': (a, _, shape) => component(centre(a, shape[0] * shape[1]), shape),
  'eigen-grad-cam': (a, g, shape) => component(centre(multiply(g, a), shape[0] * shape[1]), shape),
};
