import { CamError } from '../errors.js';
import { expectOptions, type OptionKinds } from '../names.js';
import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

export interface InfoCamOptions {
  /**
   * Side R of the window, positions of the layer, offsets `-floor((R-1)/2) .. floor(R/2)`. Minimum: `1`.
   * @default 3
   */
  readonly region?: number;
}

export const infoCamOptions: OptionKinds<InfoCamOptions> = { region: 'number' };

/**
 * infoCAM: `boxsum_R(Σ_k (W[c, k] - mean_{c'≠c} W[c', k]) · A[k])`, what a region says of the class and not
 * of the others. Qin et al., "Informative class activation maps", §2.2.
 * @throws {CamError} `option` for a region that is no whole number of at least 1.
 */
export function infoCam(
  options: InfoCamOptions = {},
): Method<'activations' | 'classWeights' | 'target', 'info-cam'> & MethodMetadata {
  const region = regionOf('info-cam', options);
  return {
    name: 'info-cam',
    title: 'infoCAM',
    citation: 'Qin et al., Informative class activation maps',
    formula: "the class's map less the mean of the others, summed over `--region` windows",
    cost: 'one pass',
    needs: ['activations', 'classWeights', 'target'],
    classAgnostic: false,
    classes: (target, count) =>
      Float32Array.from({ length: count }, (_, c) => (c === target ? 1 : -1 / (count - 1))),
    map: (k, { activations, classWeights, target }) => {
      const weights = k.matrixProduct(classWeights, target);
      return { map: k.boxSum(k.weightedSum(activations, weights), region), weights };
    },
  };
}

/**
 * infoCAM+: `M[c] - min_{c'} M[c']` with `M = boxsum_R(W · A)`, the minimum over all classes taken at each
 * position. Qin et al., "Informative class activation maps", eq. 3.
 * @throws {CamError} `option` for a region that is no whole number of at least 1.
 */
export function infoCamPlus(
  options: InfoCamOptions = {},
): Method<'classMaps' | 'target', 'info-cam+'> & MethodMetadata {
  const region = regionOf('info-cam+', options);
  return {
    name: 'info-cam+',
    title: 'infoCAM+',
    citation: 'Qin et al., Informative class activation maps',
    formula: "the class's map less the minimum over all classes, summed over `--region` windows",
    cost: 'one pass',
    needs: ['classMaps', 'target'],
    classAgnostic: false,
    map: (k, { classMaps, target }) => ({ map: k.classMargin(k.boxSum(classMaps, region), target) }),
  };
}

function regionOf(method: string, options: InfoCamOptions): number {
  expectOptions(method, options, infoCamOptions);
  const { region = 3 } = options;
  if (Number.isInteger(region) && region >= 1) return region;
  throw new CamError('option', `${method}: region: expected a whole number of at least 1, got ${region}.`);
}
