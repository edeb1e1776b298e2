import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** A short name for a value that can be written as JSON. */
export const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** A short name for a file's content; for its path where it cannot be read. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk);
  } catch {
    return digest(path);
  }
  return hash.digest('hex').slice(0, 16);
}
