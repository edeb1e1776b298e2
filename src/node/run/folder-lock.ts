import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CamError } from '../../errors.js';
import { refuseFolder } from '../files/files.js';
import { isRunning, type ProcessIdentity, thisProcess } from '../files/process-identity.js';
import type { Shard } from '../inputs/jobs.js';

/** The part of a folder's results that a run writes. */
export interface Claim {
  /** Missing where the run writes all of them. */
  readonly shard?: Shard;
  /**
   * The queue's run. The queue itself separates its workers: it moves a shard whose worker stopped reporting
   * to another worker.
   */
  readonly run?: string;
}

/** The content of a lock file. */
interface Holder extends ProcessIdentity, Claim {
  /** ISO 8601. */
  readonly since: string;
}

const NAME = /^\.onnx-cam\.[0-9a-f]{16}\.lock$/;

/** Milliseconds between two heartbeats. */
const RENEWAL = 15_000;

/** Milliseconds without a heartbeat after which a process of another machine counts as gone. */
const PATIENCE = 60_000;

/** Checks before the folder counts as taken: two runs that start at once both step back and try again. */
const CHECKS = 5;

/** Shards of one division of the work write different files. Any other two runs may write the same files. */
const excludes = (a: Claim, b: Claim): boolean => {
  if (a.run !== undefined && a.run === b.run) return false;
  return !(a.shard && b.shard && a.shard.count === b.shard.count && a.shard.index !== b.shard.index);
};

/**
 * Keeps other runs from writing into a folder of results while this run writes there.
 * Each process first writes its own lock file and then looks for others, so of any two processes the later
 * one sees the earlier one. Each file name is used once: a process that removes the file of a dead process
 * cannot remove another's by mistake. That can happen where all locks share one name, as proper-lockfile's
 * do; it also relies on time alone, so a folder would stay locked after `kill -9`.
 */
export class FolderLock {
  private path: string | undefined;
  private text = '';
  private renewal: NodeJS.Timeout | undefined;
  private readonly atExit = (): void => {
    try {
      if (this.path) unlinkSync(this.path);
    } catch {
      // Other processes see that this process is gone.
    }
  };

  constructor(
    private readonly folder: string,
    private readonly claim: Claim = {},
  ) {}

  /** As `take`, where the folder exists already. */
  async takeIfThere(): Promise<void> {
    if ((await stat(this.folder).catch(() => undefined))?.isDirectory()) await this.take();
  }

  /**
   * Takes the folder, unless this run has it already.
   * @throws {CamError} `output` where another run has it, or nothing can be written there.
   */
  async take(): Promise<void> {
    for (let check = 1; this.path === undefined; check++) {
      const path = await this.writeLock();
      const other = await this.holder(path).catch(async (error: unknown) => {
        await rm(path, { force: true }).catch(() => undefined);
        return refuseFolder(this.folder, error);
      });
      if (other === undefined) this.path = path;
      else {
        await rm(path, { force: true });
        if (check === CHECKS) refuse(this.folder, other, await thisProcess());
        await new Promise((resolve) => setTimeout(resolve, 5 + 25 * check * Math.random()));
      }
    }
    if (this.renewal) return;
    process.once('exit', this.atExit);
    // Rewritten, not touched, so that a file server sets the time by its own clock.
    this.renewal = setInterval(() => void this.renew().catch(() => undefined), RENEWAL).unref();
  }

  /**
   * Whether this run still has the folder. It does not where a run on another machine took it over because
   * this process was suspended.
   */
  async isHeld(): Promise<boolean> {
    return this.path !== undefined && (await stat(this.path).catch(() => undefined)) !== undefined;
  }

  /** Throws `CamError` `output` where this run no longer has the folder. */
  async expectHeld(): Promise<void> {
    if (await this.isHeld()) return;
    throw new CamError(
      'output',
      `--out: "${this.folder}" was taken over by a run on another machine while this process was suspended.`,
    );
  }

  /** Releases the folder. */
  async release(): Promise<void> {
    clearInterval(this.renewal);
    this.renewal = undefined;
    process.off('exit', this.atExit);
    if (this.path) await rm(this.path, { force: true }).catch(() => undefined);
    this.path = undefined;
  }

  private async renew(): Promise<void> {
    if (this.path) await writeFile(this.path, this.text, { flag: 'r+' });
  }

  private async writeLock(): Promise<string> {
    const holder: Holder = { ...(await thisProcess()), ...this.claim, since: new Date().toISOString() };
    this.text = JSON.stringify(holder);
    const path = join(this.folder, `.onnx-cam.${randomBytes(8).toString('hex')}.lock`);
    const unfinished = `${path}.tmp`;
    try {
      // Renamed into place, so that it never appears without its content.
      await writeFile(unfinished, this.text);
      await rename(unfinished, path);
      return path;
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      refuseFolder(this.folder, error);
    }
  }

  /** The other process that has the folder; lock files of dead processes are removed first. */
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

/** `undefined` where the file is not a valid lock file. */
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
