import { digest } from '../files/digest.js';
import { fileStamp } from '../files/file-stamp.js';
import type { Input } from '../inputs/input.js';
import type { Job } from '../inputs/jobs.js';

/** What distinguishes runs, by name. */
export interface RunIdentity {
  /** Digest of the options and methods: a run with others is another run. */
  readonly options: string;
  /**
   * Digests of the model, the preprocessing and the labels: where one changes, all images are explained
   * again.
   */
  readonly model: string;
  readonly preprocessing: string;
  readonly labels: string;
}

/** A short name for an image. It does not cover the content, see `Stamps`. */
export const imageKey = ({ input, image }: Job): string => digest([input.kind, input.path, image]);

/** The same, with the image's targets and output files. */
export const jobKey = (job: Job): string => {
  const { input, targets, place } = job;
  return `${imageKey(job)} ${digest(['stem' in input ? input.stem : '', targets, place])}`;
};

/** The `imageKey` in a `jobKey`. */
export const imageOfKey = (key: string): string => key.split(' ', 1)[0];

/**
 * Detects whether inputs changed: by size and time of modification of their files, and for an entry of an
 * archive also by its offset and checksum.
 */
export class Stamps {
  private path: string | undefined;
  private stamp: Promise<string | undefined> | undefined;

  /** `undefined` where the file cannot be read. */
  async of(input: Input): Promise<string | undefined> {
    if (input.kind === 'failed') return digest(input.error);
    if (input.kind === 'tensor') return this.shared(input.path);
    if (!input.entry) return fileStamp(input.path);
    const { archive, ...entry } = input.entry;
    const stamp = await this.shared(archive);
    return stamp && `${stamp} ${digest(entry)}`;
  }

  /** Images of one file come one after another, so each file is read once. */
  private shared(path: string): Promise<string | undefined> {
    if (this.path !== path || !this.stamp) {
      this.path = path;
      this.stamp = fileStamp(path);
    }
    return this.stamp;
  }
}
