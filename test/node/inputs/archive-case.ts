import { writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { type Header, pack } from 'tar-stream';
import { collectInputs } from '../../../src/node/inputs/collect.js';
import type { FailedInput, Input, PictureInput } from '../../../src/node/inputs/input.js';

/** A PNG of one colour, so that reading the bytes of another entry shows. */
export const png = (r: number, g = 0, b = 0): Promise<Buffer> =>
  sharp({ create: { width: 3, height: 2, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();

export interface TarCase extends Partial<Header> {
  readonly name: string;
  readonly data?: Uint8Array;
}

/** A tar archive from tar-stream's own writer, which shares no code with the reader. */
export async function tarOf(entries: readonly TarCase[]): Promise<Buffer> {
  const archive = pack();
  for (const { data, ...header } of entries)
    archive.entry({ size: data?.length, ...header }, data ?? Buffer.alloc(0));
  archive.finalize();
  return buffer(archive);
}

/** Inputs of one archive, of a file written for it. */
export async function inputsOf(path: string, bytes: Uint8Array): Promise<Input[]> {
  writeFileSync(path, bytes);
  return collectInputs([path], `${path}.out`);
}

export const pictures = (inputs: readonly Input[]): PictureInput[] =>
  inputs.filter((input) => input.kind === 'picture');
export const failures = (inputs: readonly Input[]): FailedInput[] =>
  inputs.filter((input) => input.kind === 'failed');
