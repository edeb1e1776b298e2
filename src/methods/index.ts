import { addedMethods } from '../generated/added-methods.js';
import { expectOptions, type OptionKinds } from '../names.js';
import { ablationCam, ablationCamWith } from './ablation-cam.js';
import { type CalmOptions, calm, calmOptions } from './calm.js';
import { cam } from './cam.js';
import { type EigenCamOptions, eigenCam, eigenCamOptions } from './eigen-cam.js';
import { eigenGradCam } from './eigen-grad-cam.js';
import { gradCam } from './grad-cam.js';
import { gradCamElementwise } from './grad-cam-elementwise.js';
import { gradCamPlusPlus } from './grad-cam-plus-plus.js';
import { hiresCam } from './hires-cam.js';
import { type InfoCamOptions, infoCam, infoCamOptions, infoCamPlus } from './info-cam.js';
import {
  type IntegratedGradCamOptions,
  integratedGradCam,
  integratedGradCamOptions,
} from './integrated-grad-cam.js';
import { layerCam } from './layer-cam.js';
import { meanActivation } from './mean-activation.js';
import type { MethodMetadata } from './metadata.js';
import type { AnyMethod } from './method.js';
import { type MiCamOptions, miCam, miCamOptions } from './mi-cam.js';
import type { MethodName } from './names.js';
import { type RandomCamOptions, randomCam, randomCamOptions } from './random-cam.js';
import { reciproCam } from './recipro-cam.js';
import { type ScoreCamOptions, scoreCam, scoreCamOptions } from './score-cam.js';
import {
  type SmoothGradCamOptions,
  smoothGradCamOptions,
  smoothGradCamPlusPlus,
} from './smooth-grad-cam-plus-plus.js';
import { channelOptions } from './strongest-channels.js';
import { xgradCam } from './xgrad-cam.js';

/** Options of all methods together; each takes what it knows. */
export interface MethodOptions
  extends MiCamOptions,
    EigenCamOptions,
    InfoCamOptions,
    ScoreCamOptions,
    CalmOptions,
    RandomCamOptions,
    SmoothGradCamOptions,
    IntegratedGradCamOptions {}

/** Of the options of all methods those that one of them has. */
function given<Own extends object>(options: MethodOptions | undefined, own: OptionKinds<Own>): Own {
  if (options === undefined) return {} as Own;
  expectOptions('methods', options, {
    ...miCamOptions,
    ...eigenCamOptions,
    ...infoCamOptions,
    ...scoreCamOptions,
    ...calmOptions,
    ...randomCamOptions,
    ...smoothGradCamOptions,
    ...integratedGradCamOptions,
  } satisfies OptionKinds<MethodOptions>);
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(own, name))) as Own;
}

/** A method without options. */
function fixed<Made extends AnyMethod>(method: Made, options: MethodOptions | undefined): Made {
  given(options, {});
  return method;
}

const scaling: OptionKinds<Pick<CalmOptions, 'scaled'>> = { scaled: 'boolean' };

type Added = {
  readonly [Name in keyof typeof addedMethods]: (options?: MethodOptions) => (typeof addedMethods)[Name];
};

/** Methods that are found by their files. */
const added = Object.fromEntries(
  Object.entries<AnyMethod>(addedMethods).map(([name, method]) => [
    name,
    (options?: MethodOptions) => fixed(method, options),
  ]),
) as Added;

// Functions, not what functions give: who imports one method gets that one alone.
const registry = {
  'mi-cam': (options?: MethodOptions) => miCam(given(options, miCamOptions)),
  cam: (options?: MethodOptions) => fixed(cam, options),
  'info-cam': (options?: MethodOptions) => infoCam(given(options, infoCamOptions)),
  'info-cam+': (options?: MethodOptions) => infoCamPlus(given(options, infoCamOptions)),
  'grad-cam': (options?: MethodOptions) => fixed(gradCam, options),
  'grad-cam++': (options?: MethodOptions) => fixed(gradCamPlusPlus, options),
  'xgrad-cam': (options?: MethodOptions) => fixed(xgradCam, options),
  'hires-cam': (options?: MethodOptions) => fixed(hiresCam, options),
  'layer-cam': (options?: MethodOptions) => fixed(layerCam, options),
  'grad-cam-elementwise': (options?: MethodOptions) => fixed(gradCamElementwise, options),
  'smooth-grad-cam++': (options?: MethodOptions) =>
    smoothGradCamPlusPlus(given(options, smoothGradCamOptions)),
  'integrated-grad-cam': (options?: MethodOptions) =>
    integratedGradCam(given(options, integratedGradCamOptions)),
  'eigen-cam': (options?: MethodOptions) => eigenCam(given(options, eigenCamOptions)),
  'eigen-grad-cam': (options?: MethodOptions) => fixed(eigenGradCam, options),
  'score-cam': (options?: MethodOptions) => scoreCam(given(options, scoreCamOptions)),
  'ablation-cam': (options?: MethodOptions) => ablationCamWith(given(options, channelOptions)),
  'recipro-cam': (options?: MethodOptions) => fixed(reciproCam, options),
  calm: (options?: MethodOptions) => calm({ ...given(options, scaling), calm: 'attribution' }),
  'calm-conditional': (options?: MethodOptions) => calm({ ...given(options, scaling), calm: 'conditional' }),
  'calm-softmax': (options?: MethodOptions) => calm({ ...given(options, scaling), calm: 'softmax' }),
  'calm-saliency': (options?: MethodOptions) => calm({ ...given(options, scaling), calm: 'saliency' }),
  'mean-activation': (options?: MethodOptions) => fixed(meanActivation, options),
  'random-cam': (options?: MethodOptions) => randomCam(given(options, randomCamOptions)),
  ...added,
} satisfies {
  readonly [Name in MethodName]: (options?: MethodOptions) => AnyMethod<Name> & MethodMetadata;
};

/** Every method by name, in the order that `--method all` runs them. */
export const methods: typeof registry &
  Readonly<Record<string, (options?: MethodOptions) => AnyMethod & MethodMetadata>> = registry;

export type { CalmMap, CalmOptions } from './calm.js';
export type { MethodCost, MethodMetadata } from './metadata.js';
export { defaultMethodNames, findMethodName, type MethodName, methodNames } from './names.js';
export type { ScoreCamOptions } from './score-cam.js';
export {
  ablationCam,
  ablationCamWith,
  calm,
  cam,
  eigenCam,
  eigenGradCam,
  gradCam,
  gradCamElementwise,
  gradCamPlusPlus,
  hiresCam,
  infoCam,
  infoCamPlus,
  integratedGradCam,
  layerCam,
  meanActivation,
  miCam,
  randomCam,
  reciproCam,
  scoreCam,
  smoothGradCamPlusPlus,
  xgradCam,
};
