import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** What distinguishes one process from all others. Plain data. */
export interface ProcessIdentity {
  readonly host: string;
  /**
   * The boot of the machine and the PID namespace of the container, where the system states them: `pid` is
   * only unique within both.
   */
  readonly scope?: string;
  readonly pid: number;
  /**
   * Start time in the system's own unit, where the system states it. It is needed because PIDs are reused.
   */
  readonly started?: string;
}

const quietly = <T>(value: Promise<T>): Promise<T | undefined> => value.catch(() => undefined);

/** State and start time of a process; `undefined` where the system has no `/proc` or hides the process. */
async function statusOf(pid: number): Promise<{ state: string; started: string } | undefined> {
  const text = await quietly(readFile(`/proc/${pid}/stat`, 'latin1'));
  // The second field, the program's name, may contain blanks and parentheses: proc(5).
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

/** Whether a process of this host and this scope still runs. A zombie process does not count as running. */
export async function isRunning({ pid, started }: ProcessIdentity): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Otherwise the process belongs to another user.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const status = await statusOf(pid);
  if (!status) return true;
  return !['Z', 'X'].includes(status.state) && (started === undefined || started === status.started);
}
