/** The methods' names, and what people type in their place. */
import { CamError } from '../errors.js';
import { addedMethodNames } from '../generated/added-method-names.js';
import { didYouMean } from '../names.js';

/**
 * Every method, in the order that `--method all` runs them. Those without options that are not listed here
 * follow: the build finds them.
 */
export const methodNames = [
  'mi-cam',
  'cam',
  'info-cam',
  'info-cam+',
  'grad-cam',
  'grad-cam++',
  'xgrad-cam',
  'hires-cam',
  'layer-cam',
  'grad-cam-elementwise',
  'smooth-grad-cam++',
  'integrated-grad-cam',
  'eigen-cam',
  'eigen-grad-cam',
  'score-cam',
  'ablation-cam',
  'recipro-cam',
  'calm',
  'calm-conditional',
  'calm-softmax',
  'calm-saliency',
  'mean-activation',
  'random-cam',
  ...addedMethodNames,
] as const;

export type MethodName = (typeof methodNames)[number];

/**
 * What is explained with where nobody says: a method that shows what speaks for the class, and one that shows
 * what the layer sees of the picture, whatever the class. Where no gradient reaches the layer, the first is
 * left out.
 */
export const defaultMethodNames = ['grad-cam', 'mi-cam'] as const satisfies readonly MethodName[];

/**
 * Without what people write in different ways: `GradCAM++`, `grad_cam_plus_plus` and `gradcampp` are
 * `gradcam++`.
 */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9+]/g, '')
    .replaceAll('plus', '+')
    .replace(/pp$/, '++');

/**
 * The method that a name means: `gradcam`, `GradCAM`, `grad_cam` are `grad-cam`. Undefined where none does.
 */
export function findMethodName<Name extends string>(name: string, known: readonly Name[]): Name | undefined {
  const wanted = plain(name);
  return known.find((one) => one === name) ?? known.find((one) => plain(one) === wanted);
}

/**
 * The method that a name means, see `findMethodName`.
 * @param where    The option, for the error.
 * @param besides  What else may stand there, for the error.
 * @throws {CamError} `option` for a name that no method has; the nearest is offered.
 */
export function expectMethodName<Name extends string>(
  where: string,
  name: string,
  known: readonly Name[],
  besides = '',
): Name {
  const found = findMethodName(name, known);
  if (found !== undefined) return found;
  throw new CamError(
    'option',
    `${where}: expected one of ${known.join(', ')}${besides}, got "${name}".${didYouMean(name, known)}`,
  );
}
