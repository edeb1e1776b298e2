import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** What tells one process from all others. Plain data. */
export interface ProcessIdentity {
  readonly host: string;
  /**
   * The machine's start and the container's numbering of processes, where the system tells: `pid` means
   * something only within it.
   */
  readonly scope?: string;
  readonly pid: number;
  /** When it started, in the system's own unit, where that can be told: numbers are used again. */
  readonly started?: string;
}

const quietly = <T>(value: Promise<T>): Promise<T | undefined> => value.catch(() => undefined);

/** State and start of a process; nothing where the system has no `/proc` or hides it. */
async function statusOf(pid: number): Promise<{ state: string; started: string } | undefined> {
  const text = await quietly(readFile(`/proc/${pid}/stat`, 'latin1'));
  // The second field, the program's name, may itself hold blanks and brackets: proc(5).
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
  return fields.length > 19 ? { state: fields[0], started: fields[19] } : undefined;
}

export async function thisProcess(): Promise<ProcessIdentity> {
  const [boot, numbering, status] = await Promise.all([
    quietly(readFile('/proc/sys/kernel/random/boot_id', 'latin1')),
    quietly(readlink('/proc/self/ns/pid')),
    statusOf(process.pid),
  ]);
  return {
    host: hostname(),
    ...(boot !== undefined && { scope: `${boot.trim()} ${numbering ?? ''}` }),
    pid: process.pid,
    ...(status && { started: status.started }),
  };
}

/**
 * Whether a process of this host, and of the same scope, is still there. One that has ended and was not
 * waited for is not.
 */
export async function isRunning({ pid, started }: ProcessIdentity): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Otherwise it is another user's.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const status = await statusOf(pid);
  if (!status) return true;
  return !['Z', 'X'].includes(status.state) && (started === undefined || started === status.started);
}
