import { type FileHandle, open, rm } from 'node:fs/promises';
import { finishPartial, partialName, refuseWrite } from './files.js';

/** A text file that is written piece by piece and appears under its name when it is whole. */
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
    // Unlike `write`, it goes on until all is out.
    await this.file.appendFile(text).catch((error: unknown) => refuseWrite(this.path, error));
  }

  /** Gives the file its name, by `finish`. Throws `CamError` `output`. */
  async close(finish: typeof finishPartial = finishPartial): Promise<void> {
    try {
      await this.file.close();
      await finish(this.temporary, this.path);
    } catch (error) {
      refuseWrite(this.path, error);
    }
  }

  /** Leaves nothing of it. */
  async discard(): Promise<void> {
    await this.file.close().catch(() => undefined);
    await rm(this.temporary, { force: true }).catch(() => undefined);
  }
}
