import { type EigenCamOptions, eigenCam } from './eigen-cam.js';
import { eigenGradCam } from './eigen-grad-cam.js';
import { gradCam } from './grad-cam.js';
import { gradCamPlusPlus } from './grad-cam-plus-plus.js';
import { hiresCam } from './hires-cam.js';
import { layerCam } from './layer-cam.js';
import { meanActivation } from './mean-activation.js';
import type { Method } from './method.js';
import { type MiCamOptions, miCam } from './mi-cam.js';
import { xgradCam } from './xgrad-cam.js';

/** Options of all methods together; each takes what it knows. */
export interface MethodOptions extends MiCamOptions, EigenCamOptions {}

/** Every method by name, in the order that `--method all` runs them. */
export const methods: Readonly<Record<string, (options?: MethodOptions) => Method>> = {
  'mi-cam': miCam,
  'grad-cam': () => gradCam,
  'grad-cam++': () => gradCamPlusPlus,
  'xgrad-cam': () => xgradCam,
  'hires-cam': () => hiresCam,
  'layer-cam': () => layerCam,
  'eigen-cam': eigenCam,
  'eigen-grad-cam': () => eigenGradCam,
  'mean-activation': () => meanActivation,
};

export {
  eigenCam,
  eigenGradCam,
  gradCam,
  gradCamPlusPlus,
  hiresCam,
  layerCam,
  meanActivation,
  miCam,
  xgradCam,
};
