import { createRequire } from 'node:module';
import { CamError } from '../../errors.js';

/** The message of libvips, on one line and without its own prefix. */
export function libraryReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0].trim().replace(/\.$/, '');
}

// Not `import`: Node would first scan the CommonJS packages that sharp needs, sixty files, for their exports.
// That takes a sixth of the program's start.
const require = createRequire(import.meta.url);

let library: Promise<typeof import('sharp').default> | undefined;

/**
 * libvips, loaded with the first picture, since many commands need none.
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
