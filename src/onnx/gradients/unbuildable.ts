import { CamError } from '../../errors.js';

/** What can be done where no gradient is to be had. */
export const ADVICE = 'Choose a later layer, or a method without gradients such as mi-cam.';

/** Thrown where a rule does not see the node that asks for too much; the sweep names it. */
export class Unbuildable extends CamError {
  constructor(
    readonly expected: string,
    readonly got: string,
  ) {
    super('gradients', `gradient: expected ${expected}, got ${got}. ${ADVICE}`);
  }
}
