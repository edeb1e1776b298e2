import { type ChildProcess, execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** Writes `count` pictures into a new folder. One that is broken is among them where `broken` says which. */
export async function makePictures(
  folder: string,
  count: number,
  size = 128,
  broken?: number,
): Promise<void> {
  mkdirSync(folder);
  for (let i = 0; i < count; i++) {
    const png = await picture(i, size);
    writeFileSync(
      join(folder, `${String(i).padStart(2, '0')}.png`),
      i === broken ? png.subarray(0, 40) : png,
    );
  }
}

/** A picture that is like no other. */
export function picture(seed: number, size: number): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: size * size * 3 }, (_, p) => (p * (seed + 3)) ^ (p >> 7));
  return sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program of Node to its end. */
export const run = (args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, args, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });

export async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** Lines of a journal; 0 where there is none. */
export function journalLines(path: string): number {
  try {
    return readFileSync(path, 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

/** Waits until a journal has an entry. */
export async function begun(child: ChildProcess, journal: string, lines = 2): Promise<void> {
  while (journalLines(journal) < lines && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

/** All files with a digest of their content; times differ from run to run. */
export function content(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return new Map(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => !path.includes('.onnx-cam'))
      .sort()
      .map((path) => {
        const bytes = readFileSync(path).toString('latin1');
        const timeless = /\.(json|jsonl|html)$/.test(path)
          ? bytes.replace(/"milliseconds": ?[\d.]+|<span>[\d.]+ ms<\/span>/g, '')
          : bytes;
        return [path.slice(folder.length), createHash('sha256').update(timeless).digest('hex')];
      }),
  );
}
