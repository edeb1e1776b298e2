import { stat } from 'node:fs/promises';

/**
 * Size and time of modification of a file: they show whether it changed. `undefined` where the file cannot be
 * read.
 */
export const fileStamp = (path: string): Promise<string | undefined> =>
  stat(path, { bigint: true }).then(
    ({ size, mtimeNs }) => `${size}-${mtimeNs}`,
    () => undefined,
  );
