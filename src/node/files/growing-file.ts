import { type FileHandle, open, rm } from 'node:fs/promises';
import { finishPartial, partialName, refuseWrite } from './files.js';

/** A text file that is written piece by piece. It appears under its final name once it is complete. */
export class GrowingFile {
  private constructor(
    private readonly path: string,
    private readonly temporary: string,
    private readonly file: FileHandle,
  ) {}

  /** Throws `CamError` `output`. */
  static async open(path: string): Promise<GrowingFile> {
    const temporary = partialName(path);
    try {
      return new GrowingFile(path, temporary, await open(temporary, 'w'));
    } catch (error) {
      refuseWrite(path, error);
    }
  }

  /** Throws `CamError` `output`. */
  async append(text: string): Promise<void> {
    // Unlike `write`, this goes on until all bytes are written.
    await this.file.appendFile(text).catch((error: unknown) => refuseWrite(this.path, error));
  }

  /** Renames the file to its final name, by `finish`. Throws `CamError` `output`. */
  async close(finish: typeof finishPartial = finishPartial): Promise<void> {
    try {
      await this.file.close();
      await finish(this.temporary, this.path);
    } catch (error) {
      refuseWrite(this.path, error);
    }
  }

  /** Deletes the partial file. */
  async discard(): Promise<void> {
    await this.file.close().catch(() => undefined);
    await rm(this.temporary, { force: true }).catch(() => undefined);
  }
}
