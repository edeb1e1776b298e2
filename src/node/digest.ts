import { createHash } from 'node:crypto';
import { openRegular } from './regular-file.js';

/** A short name for a value that can be written as JSON. */
export const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** A short name for a file's content; for its path where it cannot be read. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    const file = await openRegular(path);
    for await (const chunk of file.createReadStream()) hash.update(chunk);
  } catch {
    return digest(path);
  }
  return hash.digest('hex').slice(0, 16);
}
