import { createRequire } from 'node:module';
import { CamError } from '../../errors.js';

/** What libvips says, on one line and without its own prefix. */
export function libraryReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0].trim().replace(/\.$/, '');
}

// Not `import`: Node would first search the packages in CommonJS that sharp needs, sixty files, for the names
// that they export, a sixth of the program's start.
const require = createRequire(import.meta.url);

let library: Promise<typeof import('sharp').default> | undefined;

/**
 * libvips, loaded with the first picture: many commands need no pictures.
 * @throws {CamError} `backend` where it does not load.
 */
export function libvips() {
  library ??= Promise.resolve()
    .then((): typeof import('sharp').default => require('sharp'))
    .catch((cause: unknown) => {
      throw new CamError(
        'backend',
        `sharp: expected the package that decodes pictures, it does not load here (${libraryReason(cause)}). A bundle needs it in node_modules beside itself; otherwise install onnx-cam again on this machine.`,
        { cause },
      );
    });
  return library;
}
