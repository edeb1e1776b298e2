import { CamError } from '../../errors.js';

/** Advice where there is no gradient. */
export const ADVICE = 'Choose a later layer, or a method without gradients such as mi-cam.';

/** Thrown where a rule cannot name the node; the sweep adds its name. */
export class Unbuildable extends CamError {
  constructor(
    readonly expected: string,
    readonly got: string,
  ) {
    super('gradients', `gradient: expected ${expected}, got ${got}. ${ADVICE}`);
  }
}
