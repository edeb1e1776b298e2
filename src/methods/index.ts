import { expectOptions, type OptionKinds } from '../names.js';
import { ablationCam } from './ablation-cam.js';
import { type CalmMap, type CalmOptions, calm, calmOptions } from './calm.js';
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

/** Makes methods of the options of all methods: each is handed those that it has. */
const taking =
  <Own, Made extends AnyMethod>(make: (options: Own) => Made, own: OptionKinds<Own>) =>
  (options: MethodOptions = {}): Made => {
    expectOptions('methods', options, allOptions);
    const given = Object.entries(options).filter(([name]) => Object.hasOwn(own, name));
    return make(Object.fromEntries(given) as Own);
  };

const allOptions: OptionKinds<MethodOptions> = {
  ...miCamOptions,
  ...eigenCamOptions,
  ...infoCamOptions,
  ...scoreCamOptions,
  ...calmOptions,
  ...randomCamOptions,
  ...smoothGradCamOptions,
  ...integratedGradCamOptions,
};

const fixed = <Made extends AnyMethod>(method: Made) => taking<object, Made>(() => method, {});
const calmOf = <Kind extends CalmMap>(kind: Kind) =>
  taking(({ scaled }: Pick<CalmOptions, 'scaled'>) => calm({ scaled, calm: kind }), { scaled: 'boolean' });

const registry = {
  'mi-cam': taking(miCam, miCamOptions),
  cam: fixed(cam),
  'info-cam': taking(infoCam, infoCamOptions),
  'info-cam+': taking(infoCamPlus, infoCamOptions),
  'grad-cam': fixed(gradCam),
  'grad-cam++': fixed(gradCamPlusPlus),
  'xgrad-cam': fixed(xgradCam),
  'hires-cam': fixed(hiresCam),
  'layer-cam': fixed(layerCam),
  'grad-cam-elementwise': fixed(gradCamElementwise),
  'smooth-grad-cam++': taking(smoothGradCamPlusPlus, smoothGradCamOptions),
  'integrated-grad-cam': taking(integratedGradCam, integratedGradCamOptions),
  'eigen-cam': taking(eigenCam, eigenCamOptions),
  'eigen-grad-cam': fixed(eigenGradCam),
  'score-cam': taking(scoreCam, scoreCamOptions),
  'ablation-cam': fixed(ablationCam),
  'recipro-cam': fixed(reciproCam),
  calm: calmOf('attribution'),
  'calm-conditional': calmOf('conditional'),
  'calm-softmax': calmOf('softmax'),
  'calm-saliency': calmOf('saliency'),
  'mean-activation': fixed(meanActivation),
  'random-cam': taking(randomCam, randomCamOptions),
} satisfies { readonly [Name in MethodName]: (options?: MethodOptions) => AnyMethod<Name> };

/** Every method by name, in the order that `--method all` runs them. */
export const methods: typeof registry & Readonly<Record<string, (options?: MethodOptions) => AnyMethod>> =
  registry;

export type { CalmMap, CalmOptions } from './calm.js';
export { defaultMethodNames, findMethodName, type MethodName, methodNames } from './names.js';
export type { ScoreCamOptions } from './score-cam.js';
export {
  ablationCam,
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
