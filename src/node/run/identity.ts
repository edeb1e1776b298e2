import { digest } from '../files/digest.js';
import { fileStamp } from '../files/file-stamp.js';
import type { Input } from '../inputs/input.js';
import type { Job } from '../inputs/jobs.js';

/** What tells a run from others, by name. */
export interface RunIdentity {
  /** Of the options and the methods: a run with others is another one. */
  readonly options: string;
  /** Where one of these changes, everything is to be explained anew. */
  readonly model: string;
  readonly preprocessing: string;
  readonly labels: string;
}

/** A short name for an image; not for its content, see `Stamps`. */
export const imageKey = ({ input, image }: Job): string => digest([input.kind, input.path, image]);

/** The same with what is explained of it and where its results go. */
export const jobKey = (job: Job): string => {
  const { input, targets, place } = job;
  return `${imageKey(job)} ${digest(['stem' in input ? input.stem : '', targets, place])}`;
};

/** The `imageKey` in a `jobKey`. */
export const imageOfKey = (key: string): string => key.split(' ', 1)[0];

/**
 * Tells whether the content of inputs is what it was: by size and time of modification of their files, for an
 * entry of an archive together with its place and checksum.
 */
export class Stamps {
  private path: string | undefined;
  private stamp: Promise<string | undefined> | undefined;

  /** Nothing where the file cannot be looked at. */
  async of(input: Input): Promise<string | undefined> {
    if (input.kind === 'failed') return digest(input.error);
    if (input.kind === 'tensor') return this.shared(input.path);
    if (!input.entry) return fileStamp(input.path);
    const { archive, ...entry } = input.entry;
    const stamp = await this.shared(archive);
    return stamp && `${stamp} ${digest(entry)}`;
  }

  /** Images of one file come one after the other: it is looked at once. */
  private shared(path: string): Promise<string | undefined> {
    if (this.path !== path || !this.stamp) {
      this.path = path;
      this.stamp = fileStamp(path);
    }
    return this.stamp;
  }
}
