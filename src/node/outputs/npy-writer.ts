import { constants, type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CamError } from '../../errors.js';
import {
  finishPartial,
  isStorageFailure,
  makeFolder,
  partialName,
  refuseWrite,
  writeAll,
} from '../files/files.js';
import { npyHeader } from '../inputs/npy.js';

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/**
 * Writes `[n, …row]` row by row in any order, so that n images are never in memory together. Until `close`,
 * the file is called `<path>.onnx-cam.partial`. Several writers, one after another or at the same time, may
 * each write some of its rows.
 */
export class NpyWriter {
  private readonly written = new Set<number>();
  private readonly partial: string;
  private readonly header: Uint8Array;
  private file: Promise<FileHandle> | undefined;

  constructor(
    readonly path: string,
    private readonly rows: number,
    private readonly row: readonly number[],
  ) {
    this.partial = partialName(path);
    this.header = npyHeader([rows, ...row]);
  }

  private get rowLength(): number {
    return this.row.reduce((product, d) => product * d, 1);
  }

  /**
   * Writes consecutive rows.
   * @param values  Complete rows, the first one at `index`.
   * @throws {CamError} `output` where the file system refuses; `shape` where the values are not complete
   *   rows.
   */
  async write(index: number, values: Float32Array): Promise<void> {
    const count = values.length / this.rowLength;
    if (!Number.isInteger(count) || count === 0) {
      throw new CamError(
        'shape',
        `${this.path}: expected rows of [${this.row.join(', ')}], got ${values.length} values.`,
      );
    }
    try {
      const file = await this.opened();
      await writeAll(file, bytesOf(values), this.position(index));
      for (let i = 0; i < count; i++) this.written.add(index + i);
    } catch (error) {
      refuseWrite(this.path, error);
    }
  }

  private position(index: number): number {
    return this.header.length + index * 4 * this.rowLength;
  }

  private opened(): Promise<FileHandle> {
    this.file ??= (async () => {
      await makeFolder(dirname(this.path));
      // Neither truncated nor appended to: other writers' rows stay.
      const file = await open(this.partial, constants.O_RDWR | constants.O_CREAT);
      await writeAll(file, this.header, 0).catch(async (error: unknown) => {
        await file.close().catch(() => undefined);
        throw error;
      });
      return file;
    })();
    return this.file;
  }

  /**
   * Closes the file without renaming it, since other rows are still to come. The data are on the disk
   * afterwards.
   * @throws {CamError} `output`: network file systems report only now that the disk is full.
   */
  async release(): Promise<void> {
    const opening = this.file;
    this.file = undefined;
    const file = await opening?.catch(() => undefined); // reported by `write`
    try {
      try {
        await file?.datasync();
      } finally {
        await file?.close();
      }
    } catch (error) {
      refuseWrite(this.path, error);
    }
  }

  /**
   * Fills missing rows with NaN and renames the file to its final name. Where that fails, the file is
   * deleted, unless the disk is full: then everything stays, and closing may be retried.
   * @param written  All rows that were written, by any writer.
   * @param finish   Renames the file.
   * @throws {CamError} `output`
   */
  async close(
    written: ReadonlySet<number> = this.written,
    finish: typeof finishPartial = finishPartial,
  ): Promise<void> {
    if (written.size === 0) return;
    try {
      const file = await this.opened();
      const missing = new Float32Array(this.rowLength).fill(Number.NaN);
      for (let i = 0; i < this.rows; i++) {
        if (!written.has(i)) await writeAll(file, bytesOf(missing), this.position(i));
      }
      // An earlier run may have left a longer file of that name.
      await file.truncate(this.position(this.rows));
      await this.release();
      await finish(this.partial, this.path);
    } catch (error) {
      await this.release().catch(() => undefined);
      if (!isStorageFailure(error)) await rm(this.partial, { force: true }).catch(() => undefined);
      if (error instanceof CamError) throw error;
      refuseWrite(this.path, error);
    }
  }
}
