/** Every method that can be baked, by name. */

import { eigenCam } from './eigen-cam.js';
import { gradientMethods } from './gradient-methods.js';
import { linearMethods } from './linear-methods.js';
import { meanActivation } from './mean-activation.js';
import type { BakedMethod } from './method.js';
import { miCam } from './mi-cam.js';
import type { BakedMethodName } from './names.js';

export const bakedMethods = {
  ...gradientMethods,
  ...linearMethods,
  'eigen-cam': eigenCam,
  'mi-cam': miCam,
  'mean-activation': meanActivation,
} satisfies Record<BakedMethodName, BakedMethod>;
