import { CamError } from '../errors.js';
import type { Ops } from '../kernels/ops.js';
import { didYouMean, expectOptions, type OptionKinds } from '../names.js';
import type { MethodMetadata } from './metadata.js';
import type { Method, MethodInputs } from './method.js';

/**
 * - `attribution`: p(c, z|x), the class and the cue's position together; eq. 7
 * - `conditional`: p(z|x, c), where the cue is if the class is c; as the authors' code has it
 * - `softmax`: p(c|x, z), what each position says on its own; as the paper prints the conditional
 * - `saliency`: p(z|x) = Σ_c p(c, z|x), whatever the class
 * - `subset`: Σ_{c in classes} p(c, z|x)
 * - `counterfactual`: p(c, z|x) - p(c', z|x), c' = `against`
 */
export type CalmMap = 'attribution' | 'conditional' | 'softmax' | 'saliency' | 'subset' | 'counterfactual';

export interface CalmOptions<Kind extends CalmMap = CalmMap> {
  /** @default 'attribution' */
  readonly calm?: Kind;
  /** The class to compare with, for `counterfactual`. */
  readonly against?: number;
  /** The classes whose share is added up, for `subset`. */
  readonly classes?: readonly number[];
  /** Whether the map is passed through ReLU and scaled to 0..1 like those of other methods. @default false */
  readonly scaled?: boolean;
}

export const calmOptions: OptionKinds<CalmOptions> = {
  calm: 'string',
  against: 'number',
  classes: 'array',
  scaled: 'boolean',
};

/** `calm` for the attribution, `calm-<map>` for the other maps. */
export type CalmName<Kind extends CalmMap> = Kind extends 'attribution' ? 'calm' : `calm-${Kind}`;

type CalmMethod<Kind extends CalmMap> = Method<'positionScores' | 'attention' | 'target', CalmName<Kind>> &
  MethodMetadata;
type Inputs = Pick<MethodInputs, 'positionScores' | 'attention' | 'target'>;

/**
 * CALM, of a model that gives scores f `[n, C, h, w]` and attention a `[n, 1, h, w]`:
 * `p(c, z|x) = softmax_c(f[c, z]) · softplus(a[z]) / Σ softplus(a)`. Values are probabilities over positions
 * z of the layer, not scaled. Kim et al., "Keep CALM and improve visual feature attribution",
 * arXiv:2106.07861.
 * @throws {CamError} `option` where `counterfactual` has no class to compare with, or `subset` no classes.
 */
export function calm<Kind extends CalmMap = 'attribution'>(
  options: CalmOptions<Kind> = {},
): CalmMethod<Kind> {
  expectOptions('calm', options, calmOptions);
  const kind: CalmMap = options.calm ?? 'attribution';
  const { against, classes = [], scaled = false } = options;
  if (!Object.hasOwn(maps, kind)) {
    const known = Object.keys(maps);
    throw new CamError(
      'option',
      `calm: calm: expected one of ${known.join(', ')}, got "${kind}".${didYouMean(kind, known)}`,
    );
  }
  if (kind === 'counterfactual' && against === undefined)
    throw new CamError('option', 'calm: against: expected the class to compare with, got none.');
  if (kind === 'subset' && classes.length === 0)
    throw new CamError('option', 'calm: classes: expected the classes of the subset, got none.');
  const values = kind === 'counterfactual' ? 'differences' : 'probabilities';
  return {
    name: (kind === 'attribution' ? 'calm' : `calm-${kind}`) as CalmName<Kind>,
    title: kind === 'attribution' ? 'CALM' : `CALM ${kind}`,
    citation: 'arXiv:2106.07861',
    formula: formulas[kind],
    cost: 'one pass',
    needs: ['positionScores', 'attention', 'target'],
    classAgnostic: kind === 'saliency' || kind === 'subset',
    values: scaled ? undefined : values,
    classes: kind === 'subset' || kind === 'counterfactual' ? chosen : undefined,
    map: (k, inputs) => ({ map: maps[kind](k, inputs) }),
  };

  function chosen(target: number, count: number): Float32Array {
    const factors = new Float32Array(count);
    for (const index of kind === 'subset' ? classes : [target, against ?? target]) {
      if (!(Number.isInteger(index) && index >= 0 && index < count))
        throw new CamError('target', `calm: expected a class from 0 to ${count - 1}, got ${index}.`);
    }
    if (kind === 'subset') for (const index of classes) factors[index] = 1;
    else {
      factors[target] += 1;
      factors[against ?? target] -= 1;
    }
    return factors;
  }
}

/** Of class c and the cue's position z, given the picture x. */
const formulas: Readonly<Record<CalmMap, string>> = {
  attribution: '`p(c, z|x)` of a CALM model',
  conditional: '`p(z|x, c)`',
  softmax: '`p(c|x, z)`',
  saliency: '`p(z|x)`',
  subset: '`p(c, z|x)`, summed over some classes',
  counterfactual: "`p(c, z|x) - p(c', z|x)`",
};

/** p(z|x) */
const prior = (k: Ops, { attention }: Inputs) => k.share(k.softplus(k.channelSum(attention)));
/** `Σ_c target[c] · p(c|x, z)` */
const said = (k: Ops, { positionScores, target }: Inputs) =>
  k.weightedSum(k.channelSoftmax(positionScores), target);
const joint = (k: Ops, inputs: Inputs) => k.multiply(said(k, inputs), prior(k, inputs));

const maps = {
  attribution: joint,
  conditional: (k: Ops, inputs: Inputs) => k.share(joint(k, inputs)),
  softmax: said,
  saliency: prior,
  subset: joint,
  counterfactual: joint,
} as const;
