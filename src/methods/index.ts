import { ablationCam } from './ablation-cam.js';
import { type CalmOptions, calm } from './calm.js';
import { cam } from './cam.js';
import { type EigenCamOptions, eigenCam } from './eigen-cam.js';
import { eigenGradCam } from './eigen-grad-cam.js';
import { gradCam } from './grad-cam.js';
import { gradCamElementwise } from './grad-cam-elementwise.js';
import { gradCamPlusPlus } from './grad-cam-plus-plus.js';
import { hiresCam } from './hires-cam.js';
import { type InfoCamOptions, infoCam, infoCamPlus } from './info-cam.js';
import { type IntegratedGradCamOptions, integratedGradCam } from './integrated-grad-cam.js';
import { layerCam } from './layer-cam.js';
import { meanActivation } from './mean-activation.js';
import type { AnyMethod } from './method.js';
import { type MiCamOptions, miCam } from './mi-cam.js';
import { type RandomCamOptions, randomCam } from './random-cam.js';
import { reciproCam } from './recipro-cam.js';
import { type ScoreCamOptions, scoreCam } from './score-cam.js';
import { type SmoothGradCamOptions, smoothGradCamPlusPlus } from './smooth-grad-cam-plus-plus.js';
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

/** Every method by name, in the order that `--method all` runs them. */
export const methods: Readonly<Record<string, (options?: MethodOptions) => AnyMethod>> = {
  'mi-cam': miCam,
  cam: () => cam,
  'info-cam': infoCam,
  'info-cam+': infoCamPlus,
  'grad-cam': () => gradCam,
  'grad-cam++': () => gradCamPlusPlus,
  'xgrad-cam': () => xgradCam,
  'hires-cam': () => hiresCam,
  'layer-cam': () => layerCam,
  'grad-cam-elementwise': () => gradCamElementwise,
  'smooth-grad-cam++': smoothGradCamPlusPlus,
  'integrated-grad-cam': integratedGradCam,
  'eigen-cam': eigenCam,
  'eigen-grad-cam': () => eigenGradCam,
  'score-cam': scoreCam,
  'ablation-cam': () => ablationCam,
  'recipro-cam': () => reciproCam,
  calm: (options) => calm({ scaled: options?.scaled }),
  'calm-conditional': (options) => calm({ scaled: options?.scaled, calm: 'conditional' }),
  'calm-softmax': (options) => calm({ scaled: options?.scaled, calm: 'softmax' }),
  'calm-saliency': (options) => calm({ scaled: options?.scaled, calm: 'saliency' }),
  'mean-activation': () => meanActivation,
  'random-cam': randomCam,
};

export type { CalmMap, CalmOptions } from './calm.js';
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
