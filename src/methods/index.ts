import { meanActivation } from './mean-activation.js';
import type { Method } from './method.js';
import { type MiCamOptions, miCam } from './mi-cam.js';

/** Options of all methods together; each takes what it knows. */
export interface MethodOptions extends MiCamOptions {}

/** Every method by name, in the order that `--method all` runs them. */
export const methods: Readonly<Record<string, (options?: MethodOptions) => Method>> = {
  'mi-cam': miCam,
  'mean-activation': () => meanActivation,
};

export { meanActivation, miCam };
