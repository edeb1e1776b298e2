import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CamError } from '../../errors.js';
import { refuseFolder } from '../files/files.js';
import { isRunning, type ProcessIdentity, thisProcess } from '../files/process-identity.js';
import type { Shard } from '../inputs/jobs.js';

/** The part of a folder's results that is written. */
export interface Claim {
  /** Missing where it is the whole. */
  readonly shard?: Shard;
  /**
   * The queue's run. Its workers are kept apart by the queue, which gives the shard of one that is silent to
   * another.
   */
  readonly run?: string;
}

/** What stands in the file of a lock. */
interface Holder extends ProcessIdentity, Claim {
  /** ISO 8601. */
  readonly since: string;
}

const NAME = /^\.onnx-cam\.[0-9a-f]{16}\.lock$/;

/** Milliseconds between signs of life. */
const RENEWAL = 15_000;

/** Milliseconds without a sign of life after which a process of another machine counts as gone. */
const PATIENCE = 60_000;

/**
 * Looks, some time apart, before the folder counts as another's: two that begin together step back for one
 * another.
 */
const LOOKS = 5;

/** Shares of one division of the work write different files; all else may write the same. */
const excludes = (a: Claim, b: Claim): boolean => {
  if (a.run !== undefined && a.run === b.run) return false;
  return !(a.shard && b.shard && a.shard.count === b.shard.count && a.shard.index !== b.shard.index);
};

/**
 * Keeps other runs from writing into a folder of results while this one does.
 *
 * Everyone first puts down a file of his own and then looks for those of others, so that of any two the later
 * one sees the earlier one. Names are used once: whoever removes the file of a process that is gone cannot
 * remove another's by mistake, as can happen where a lock has one name for all (proper-lockfile's has, and
 * goes by time alone: a folder would stay locked after `kill -9`).
 */
export class FolderLock {
  private path: string | undefined;
  private text = '';
  private renewal: NodeJS.Timeout | undefined;
  private readonly atExit = (): void => {
    try {
      if (this.path) unlinkSync(this.path);
    } catch {
      // Whoever finds it sees that this process is gone.
    }
  };

  constructor(
    private readonly folder: string,
    private readonly claim: Claim = {},
  ) {}

  /** As `take`, where the folder is there already. */
  async takeIfThere(): Promise<void> {
    if ((await stat(this.folder).catch(() => undefined))?.isDirectory()) await this.take();
  }

  /**
   * Takes the folder, unless that has been done.
   * @throws {CamError} `output` where another run has it, or nothing can be written there.
   */
  async take(): Promise<void> {
    for (let look = 1; this.path === undefined; look++) {
      const path = await this.putDown();
      const other = await this.holder(path).catch(async (error: unknown) => {
        await rm(path, { force: true }).catch(() => undefined);
        return refuseFolder(this.folder, error);
      });
      if (other === undefined) this.path = path;
      else {
        await rm(path, { force: true });
        if (look === LOOKS) refuse(this.folder, other, await thisProcess());
        await new Promise((resolve) => setTimeout(resolve, 5 + 25 * look * Math.random()));
      }
    }
    if (this.renewal) return;
    process.once('exit', this.atExit);
    // Written anew, so that a file server sets the time by its own clock.
    this.renewal = setInterval(() => void this.sign().catch(() => undefined), RENEWAL).unref();
  }

  /**
   * Whether the folder is still this run's. It is not where another machine's took it over because this
   * process was suspended.
   */
  async isHeld(): Promise<boolean> {
    return this.path !== undefined && (await stat(this.path).catch(() => undefined)) !== undefined;
  }

  /** Throws `CamError` `output` where the folder is no longer this run's. */
  async expectHeld(): Promise<void> {
    if (await this.isHeld()) return;
    throw new CamError(
      'output',
      `--out: "${this.folder}" was taken over by a run on another machine while this process was suspended.`,
    );
  }

  /** Leaves the folder to others. */
  async release(): Promise<void> {
    clearInterval(this.renewal);
    this.renewal = undefined;
    process.off('exit', this.atExit);
    if (this.path) await rm(this.path, { force: true }).catch(() => undefined);
    this.path = undefined;
  }

  private async sign(): Promise<void> {
    if (this.path) await writeFile(this.path, this.text, { flag: 'r+' });
  }

  private async putDown(): Promise<string> {
    const holder: Holder = { ...(await thisProcess()), ...this.claim, since: new Date().toISOString() };
    this.text = JSON.stringify(holder);
    const path = join(this.folder, `.onnx-cam.${randomBytes(8).toString('hex')}.lock`);
    const unfinished = `${path}.tmp`;
    try {
      // It appears with its content.
      await writeFile(unfinished, this.text);
      await rename(unfinished, path);
      return path;
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      refuseFolder(this.folder, error);
    }
  }

  /** Who else has the folder, after the files of those that are gone were removed. */
  private async holder(own: string): Promise<Holder | undefined> {
    const now = (await stat(own)).mtimeMs;
    const self = await thisProcess();
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      if (path === own || !NAME.test(name)) continue;
      const holder = parsed(await readFile(path, 'utf8').catch(() => ''));
      const found = await stat(path).catch(() => undefined);
      if (!found) continue;
      const isNear = holder?.host === self.host && holder.scope === self.scope;
      const isGone = isNear ? !(await isRunning(holder)) : now - found.mtimeMs > PATIENCE;
      if (isGone) await rm(path, { force: true });
      else if (!holder) return { host: 'an unknown host', pid: 0, since: found.mtime.toISOString() };
      else if (excludes(this.claim, holder)) return holder;
    }
    return undefined;
  }
}

/** Nothing where it is no lock of ours: a file that was damaged. */
function parsed(text: string): Holder | undefined {
  try {
    const { host, pid, since, shard } = JSON.parse(text);
    const isHolder = typeof host === 'string' && Number.isSafeInteger(pid) && pid > 0;
    const isShard = shard === undefined || (Number.isInteger(shard?.index) && Number.isInteger(shard?.count));
    return isHolder && isShard && !Number.isNaN(Date.parse(since)) ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function refuse(folder: string, { host, scope, pid, since, shard }: Holder, self: ProcessIdentity): never {
  const part = shard ? ` (shard ${shard.index}/${shard.count})` : '';
  const isNear = host === self.host && scope === self.scope;
  const later = isNear
    ? ''
    : ' If that process is gone, the folder becomes free a minute after its last sign of life.';
  throw new CamError(
    'output',
    `--out: "${folder}" is being written by another run${part}: process ${pid} on ${host}, since ${since}. ` +
      `Wait until it ends, or choose another --out; --shard i/n divides one run among several processes.${later}`,
  );
}
