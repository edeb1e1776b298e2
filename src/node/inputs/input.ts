import type { ArchiveEntry } from './archive-entry.js';
import type { NpyImages } from './npy.js';

/** One picture to explain: a file, or an entry of an archive. */
export interface PictureInput {
  readonly kind: 'picture';
  /** As the user typed it; for a file in a folder or archive, below the path that the user typed. */
  readonly path: string;
  /** Path of its results below `--out`: mirrored folders and the name without its extension, with `/`. */
  readonly stem: string;
  /** The archive entry with its bytes, where `path` is not a file. */
  readonly entry?: ArchiveEntry;
}

/** A `.npy` file with one or more images. */
export interface TensorInput {
  readonly kind: 'tensor';
  readonly path: string;
  readonly stem: string;
  readonly images: NpyImages;
}

/** An input that cannot be explained. It keeps its position, so that the summary names it. */
export interface FailedInput {
  readonly kind: 'failed';
  readonly path: string;
  readonly error: string;
}

/** Plain data: inputs may be sent to other threads. */
export type Input = PictureInput | TensorInput | FailedInput;

/** The number of images in an input. A failed one counts as one, so that a list of targets stays aligned. */
export const imageCount = (input: Input): number => (input.kind === 'tensor' ? input.images.count : 1);

/** The stem of one image's picture. It has a number where the input has several images. */
export const imageStem = (input: PictureInput | TensorInput, image: number): string =>
  imageCount(input) === 1 ? input.stem : `${input.stem}.${image}`;
