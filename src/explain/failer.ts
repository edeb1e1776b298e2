import { CamError } from '../errors.js';
import type { ExplainOptions } from './options.js';

/**
 * Reports an image's failure, or throws it where nobody listens. Only what the package understands is an
 * image's fault.
 */
export function failer(onError: ExplainOptions['onError']): (error: unknown, image: number) => void {
  return (error, image) => {
    if (!onError || !(error instanceof CamError)) throw error;
    onError(error, image);
  };
}
