import { centre } from './centre.js';
import { channelSum } from './channel-sum.js';
import { firstComponent } from './first-component.js';
import { gradCamPlusPlusWeights } from './grad-cam-plus-plus-weights.js';
import { multiply } from './multiply.js';
import { relu } from './relu.js';
import { spatialMean } from './spatial-mean.js';
import { weightedSum } from './weighted-sum.js';
import { xgradWeights } from './xgrad-weights.js';

type Formula = (
  activations: ArrayLike<number>,
  gradients: ArrayLike<number>,
  shape: readonly [number, number, number, number],
) => ArrayLike<number>;

const component = (x: ArrayLike<number>, [n, k, h, w]: readonly [number, number, number, number]) =>
  firstComponent(x, [n, k, h * w]).map;

/** The coarse map of each method, `[n, h, w]`, in float64. */
export const family: Readonly<Record<string, Formula>> = {
  'grad-cam': (a, g, shape) => weightedSum(a, spatialMean(g, shape), shape),
  'grad-cam++': (a, g, shape) => weightedSum(a, gradCamPlusPlusWeights(a, g, shape[0] * shape[1]), shape),
  'xgrad-cam': (a, g, shape) => weightedSum(a, xgradWeights(a, g, shape[0] * shape[1]), shape),
  'hires-cam': (a, g, shape) => channelSum(multiply(g, a), shape),
  'layer-cam': (a, g, shape) => channelSum(multiply(relu(g), a), shape),
  'eigen-cam': (a, _, shape) => component(centre(a, shape[0] * shape[1]), shape),
  'eigen-grad-cam': (a, g, shape) => component(centre(multiply(g, a), shape[0] * shape[1]), shape),
};
