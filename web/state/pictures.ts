/** The pictures of the filmstrip, and the one that is explained. */
import { batch, computed, signal } from '@preact/signals';
import { readPicture } from '../files/read-picture.js';
import type { Shown } from '../files/shown.js';
import { fail, say } from './notices.js';

export const pictures = signal<readonly Shown[]>([]);
/** Position in `pictures`. */
export const current = signal(0);
export const picture = computed<Shown | undefined>(() => pictures.value[current.value]);

/** Bytes that all pictures may take together. */
const ROOM = 512 << 20;
const bytesOf = ({ picture, small }: Shown): number => picture.data.length + small.data.length;

/** Pictures that are decoded: they come before those that are there, and the first is chosen. */
function showPictures(added: readonly Shown[]): void {
  const kept: Shown[] = [];
  let bytes = pictures.value.reduce((sum, shown) => sum + bytesOf(shown), 0);
  for (const shown of added) {
    bytes += bytesOf(shown);
    if (bytes <= ROOM || pictures.value.length + kept.length === 0) kept.push(shown);
  }
  if (kept.length < added.length)
    say(
      `${kept.length} of ${added.length} pictures were taken: there is no room for more. Remove some from the filmstrip, then drop the others again.`,
    );
  for (const { name, picture, reducedFrom } of kept)
    if (reducedFrom)
      say(`${name}: reduced from ${reducedFrom.join(' × ')} to ${picture.width} × ${picture.height} pixels.`);
  if (kept.length === 0) return;
  batch(() => {
    pictures.value = [...kept, ...pictures.value];
    current.value = 0;
  });
}

/** Decodes and shows files; what cannot be read is said, and the others are shown. */
export async function addPictures(files: readonly File[]): Promise<void> {
  const read = await Promise.allSettled(files.map((file) => readPicture(file, file.name)));
  showPictures(read.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  for (const result of read) if (result.status === 'rejected') fail(result.reason);
}

export function choosePicture(position: number): void {
  if (position in pictures.value) current.value = position;
}

/** The next picture takes its place; the last one stays. */
export function removePicture(position: number): void {
  if (pictures.value.length < 2 || !(position in pictures.value)) return;
  batch(() => {
    pictures.value = pictures.value.filter((_, at) => at !== position);
    const moved = position < current.value ? current.value - 1 : current.value;
    current.value = Math.min(moved, pictures.value.length - 1);
  });
}

/** Puts a camera's frame in the place of the one before. */
export function showFrame(frame: Shown): void {
  batch(() => {
    const others = pictures.value.filter(({ from }) => from !== 'camera');
    pictures.value = [frame, ...others];
    current.value = 0;
  });
}
