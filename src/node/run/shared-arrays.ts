import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isStorageFailure, partialName, refuseWrite } from '../files/files.js';
import { isFile } from '../files/regular-file.js';
import type { WrittenFiles } from '../files/written-files.js';
import type { Job } from '../inputs/jobs.js';
import { NpyWriter } from '../outputs/npy-writer.js';
import type { Outcome } from './unit.js';

/** The rows of one array that were written. */
interface Pending {
  readonly row: readonly number[];
  readonly written: Set<number>;
}

/** Images whose rows share arrays. */
interface ArrayGroup {
  readonly rows: number;
  left: number;
  /** Images that have results. */
  images: number;
  readonly arrays: Map<string, Pending>;
}

/** Results that were lost because their arrays could not be renamed. */
export interface Lost {
  /** Number of images that lost their results. */
  readonly images: number;
  readonly arrays: readonly string[];
}

/**
 * Arrays with rows of several images. An array is renamed to its final name when the last of its images is
 * done.
 */
export class SharedArrays {
  private readonly groups = new Map<string, ArrayGroup>();
  private readonly waiting = new Map<number, Job>();

  constructor(
    private readonly out: string,
    jobs: readonly Job[],
    private readonly files: WrittenFiles,
    /** Whether the file of that name, relative to `out`, still exists. */
    private readonly exists: (name: string) => Promise<boolean>,
  ) {
    this.expect(jobs);
  }

  private expect(jobs: readonly Job[]): void {
    for (const job of jobs) {
      const { stem, rows } = job.place;
      if (rows === 1) continue;
      const group = this.groups.get(stem) ?? { rows, left: 0, images: 0, arrays: new Map() };
      group.left++;
      this.groups.set(stem, group);
      this.waiting.set(job.index, job);
    }
  }

  /**
   * Records what was written.
   * @returns The stems of the arrays that are complete now.
   */
  note(outcomes: readonly Outcome[]): string[] {
    const complete: string[] = [];
    for (const { index, shared = [], error } of outcomes) {
      const job = this.waiting.get(index);
      const group = job && this.groups.get(job.place.stem);
      if (!job || !group) continue;
      this.waiting.delete(index);
      if (error === undefined) group.images++;
      for (const { name, row } of shared) {
        const array = group.arrays.get(name) ?? { row, written: new Set() };
        array.written.add(job.place.row);
        group.arrays.set(name, array);
      }
      if (--group.left === 0) complete.push(job.place.stem);
    }
    return complete;
  }

  /** Stems of the arrays that were started. */
  begun(): { readonly stem: string; readonly complete: boolean }[] {
    return [...this.groups]
      .filter(([, { arrays }]) => arrays.size > 0)
      .map(([stem, { left }]) => ({ stem, complete: left === 0 }));
  }

  /** Whether all arrays with a stem have their final names. */
  async areNamed(stem: string): Promise<boolean> {
    const found = await Promise.all(this.names(stem).map((name) => this.exists(name)));
    return found.every(Boolean);
  }

  /** Deletes the partial arrays with a stem. */
  async removePartial(stem: string): Promise<void> {
    for (const name of this.names(stem)) await rm(partialName(join(this.out, name)), { force: true });
  }

  /**
   * Makes sure that earlier rows are in the same file as further ones.
   * @returns False where an array is gone: then all rows with this stem are lost.
   * @throws {CamError} `output`
   */
  async reopen(stem: string): Promise<boolean> {
    for (const name of this.names(stem)) {
      const path = join(this.out, name);
      const partial = partialName(path);
      if (await isFile(partial)) continue;
      if (!(await this.exists(name))) return false;
      await rename(path, partial).catch((error: unknown) => refuseWrite(path, error));
    }
    return true;
  }

  /** Forgets all rows with a stem: its images, `jobs`, are explained again. */
  forget(stem: string, jobs: readonly Job[]): void {
    this.groups.delete(stem);
    this.expect(jobs);
  }

  private names(stem: string): string[] {
    return [...(this.groups.get(stem)?.arrays.keys() ?? [])];
  }

  /**
   * Renames the complete arrays with a stem to their final names.
   * @returns The arrays that could not be renamed, and why.
   * @throws {CamError} `output` where the disk is full: then nothing is lost, and closing may be retried.
   */
  async close(stem: string): Promise<(Lost & { readonly error: unknown }) | undefined> {
    const group = this.groups.get(stem);
    if (!group) return undefined;
    const { arrays, images, rows } = group;
    const closed = await Promise.allSettled(
      [...arrays].map(async ([name, { row, written }]) => {
        const path = join(this.out, name);
        await new NpyWriter(path, rows, row).close(written, this.files.finish);
      }),
    );
    const errors = closed.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    const full = errors.find(isStorageFailure);
    if (full) throw full;
    this.groups.delete(stem);
    return errors.length > 0 ? { images, arrays: [...arrays.keys()], error: errors[0] } : undefined;
  }
}
