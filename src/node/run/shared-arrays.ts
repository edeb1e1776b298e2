import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isStorageFailure, partialName, refuseWrite } from '../files/files.js';
import { isFile } from '../files/regular-file.js';
import type { WrittenFiles } from '../files/written-files.js';
import type { Job } from '../inputs/jobs.js';
import { NpyWriter } from '../outputs/npy-writer.js';
import type { Outcome } from './unit.js';

/** Rows of one array that have come. */
interface Pending {
  readonly row: readonly number[];
  readonly written: Set<number>;
}

/** Images whose rows share arrays. */
interface SharedPlace {
  readonly rows: number;
  left: number;
  /** Images that have results. */
  images: number;
  readonly arrays: Map<string, Pending>;
}

/** Results that are none after all: their arrays could not get their names. */
export interface Lost {
  /** How many images have none. */
  readonly images: number;
  readonly arrays: readonly string[];
}

/** Arrays with rows of several images: each gets its name when the last of its images is done. */
export class SharedArrays {
  private readonly places = new Map<string, SharedPlace>();
  private readonly waiting = new Map<number, Job>();

  constructor(
    private readonly out: string,
    jobs: readonly Job[],
    private readonly files: WrittenFiles,
    /** Whether what was written under that name, relative to `out`, is still there. */
    private readonly isThere: (name: string) => Promise<boolean>,
  ) {
    this.expect(jobs);
  }

  private expect(jobs: readonly Job[]): void {
    for (const job of jobs) {
      const { stem, rows } = job.place;
      if (rows === 1) continue;
      const place = this.places.get(stem) ?? { rows, left: 0, images: 0, arrays: new Map() };
      place.left++;
      this.places.set(stem, place);
      this.waiting.set(job.index, job);
    }
  }

  /** Takes note of what was written. @returns The stems of the places whose last image came. */
  note(outcomes: readonly Outcome[]): string[] {
    const complete: string[] = [];
    for (const { index, shared = [], error } of outcomes) {
      const job = this.waiting.get(index);
      const place = job && this.places.get(job.place.stem);
      if (!job || !place) continue;
      this.waiting.delete(index);
      if (error === undefined) place.images++;
      for (const { name, row } of shared) {
        const array = place.arrays.get(name) ?? { row, written: new Set() };
        array.written.add(job.place.row);
        place.arrays.set(name, array);
      }
      if (--place.left === 0) complete.push(job.place.stem);
    }
    return complete;
  }

  /** Places of which an array has been begun. */
  begun(): { readonly stem: string; readonly complete: boolean }[] {
    return [...this.places]
      .filter(([, { arrays }]) => arrays.size > 0)
      .map(([stem, { left }]) => ({ stem, complete: left === 0 }));
  }

  /** Whether all arrays of a place have their names. */
  async areNamed(stem: string): Promise<boolean> {
    const found = await Promise.all(this.names(stem).map((name) => this.isThere(name)));
    return found.every(Boolean);
  }

  /** Removes what is not whole of a place's arrays. */
  async removePartial(stem: string): Promise<void> {
    for (const name of this.names(stem)) await rm(partialName(join(this.out, name)), { force: true });
  }

  /**
   * Makes sure that the rows that have come lie where further ones go.
   * @returns False where an array is gone: no row of this place is left then.
   * @throws {CamError} `output`
   */
  async reopen(stem: string): Promise<boolean> {
    for (const name of this.names(stem)) {
      const path = join(this.out, name);
      const partial = partialName(path);
      if (await isFile(partial)) continue;
      if (!(await this.isThere(name))) return false;
      await rename(path, partial).catch((error: unknown) => refuseWrite(path, error));
    }
    return true;
  }

  /** Forgets all rows of a place: its images, `jobs`, are explained again. */
  forget(stem: string, jobs: readonly Job[]): void {
    this.places.delete(stem);
    this.expect(jobs);
  }

  private names(stem: string): string[] {
    return [...(this.places.get(stem)?.arrays.keys() ?? [])];
  }

  /**
   * Gives the arrays of a complete place their names.
   * @returns What could not get its name, and why.
   * @throws {CamError} `output` where the disk is full: nothing is lost then, closing may be tried again.
   */
  async close(stem: string): Promise<(Lost & { readonly error: unknown }) | undefined> {
    const place = this.places.get(stem);
    if (!place) return undefined;
    const { arrays, images, rows } = place;
    const closed = await Promise.allSettled(
      [...arrays].map(async ([name, { row, written }]) => {
        const path = join(this.out, name);
        await new NpyWriter(path, rows, row).close(written, this.files.finish);
      }),
    );
    const errors = closed.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    const full = errors.find(isStorageFailure);
    if (full) throw full;
    this.places.delete(stem);
    return errors.length > 0 ? { images, arrays: [...arrays.keys()], error: errors[0] } : undefined;
  }
}
