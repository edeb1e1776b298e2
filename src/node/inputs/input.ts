import type { ArchiveEntry } from './archive-entry.js';
import type { NpyImages } from './npy.js';

/** One picture to explain: a file, or an entry of an archive. */
export interface PictureInput {
  readonly kind: 'picture';
  /** As the user gave it, or below the folder or archive that the user gave. */
  readonly path: string;
  /** Where its results go below `--out`: mirrored folders and the name without its ending, with `/`. */
  readonly stem: string;
  /** Where its bytes lie, where that is not the file `path`. */
  readonly entry?: ArchiveEntry;
}

/** A `.npy` file with one or more images. */
export interface TensorInput {
  readonly kind: 'tensor';
  readonly path: string;
  readonly stem: string;
  readonly images: NpyImages;
}

/** Something that cannot be explained, kept in its place so that the summary names it. */
export interface FailedInput {
  readonly kind: 'failed';
  readonly path: string;
  readonly error: string;
}

/** Plain data, all of it: inputs may be sent to other threads. */
export type Input = PictureInput | TensorInput | FailedInput;

/** How many images an input holds; a failed one counts as one, so that a list of targets keeps its places. */
export const imageCount = (input: Input): number => (input.kind === 'tensor' ? input.images.count : 1);

/** The stem of one image's picture: numbered where its file holds several. */
export const imageStem = (input: PictureInput | TensorInput, image: number): string =>
  imageCount(input) === 1 ? input.stem : `${input.stem}.${image}`;
