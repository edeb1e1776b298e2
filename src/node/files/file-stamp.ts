import { stat } from 'node:fs/promises';

/**
 * Size and time of modification of a file, which tell whether it is what it was; nothing where it cannot be
 * looked at.
 */
export const fileStamp = (path: string): Promise<string | undefined> =>
  stat(path, { bigint: true }).then(
    ({ size, mtimeNs }) => `${size}-${mtimeNs}`,
    () => undefined,
  );
