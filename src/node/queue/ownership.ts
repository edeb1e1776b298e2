import { copyFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { refuseWrite, temporaryName } from '../files/files.js';

/**
 * Makes a journal this process's own, by replacing its file with a copy. A previous owner (a worker that lost
 * Redis but still runs) goes on writing to the old file, which has no name any more, and finds out at its
 * next check.
 * @returns A function that checks whether the journal is still this process's own.
 * @throws {CamError} `output`
 */
export async function takeOver(journal: string): Promise<() => Promise<boolean>> {
  const own = temporaryName(journal);
  try {
    await copyFile(journal, own).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return writeFile(own, '');
      throw error;
    });
    const { ino } = await stat(own, { bigint: true });
    await rename(own, journal);
    return () =>
      stat(journal, { bigint: true }).then(
        (found) => found.ino === ino,
        () => false,
      );
  } catch (error) {
    await rm(own, { force: true }).catch(() => undefined);
    return refuseWrite(journal, error);
  }
}
