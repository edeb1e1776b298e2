import { CamError } from '../../errors.js';

/** What libvips says, on one line and without its own prefix. */
export function libraryReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0].trim().replace(/\.$/, '');
}

let library: Promise<typeof import('sharp').default> | undefined;

/**
 * libvips, loaded with the first picture: loading it takes half of the program's start, and many commands
 * need no pictures.
 */
export function libvips() {
  library ??= import('sharp').then(
    (loaded) => loaded.default,
    (cause: unknown) => {
      throw new CamError(
        'backend',
        `sharp: expected the package that decodes pictures, it does not load here (${libraryReason(cause)}). In a bundle sharp must stay external (esbuild: --external:sharp); otherwise install onnx-cam again on this machine.`,
        { cause },
      );
    },
  );
  return library;
}
