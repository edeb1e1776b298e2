import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CamError } from '../../errors.js';
import type { MethodProgress } from '../../explain/options.js';
import type { Job } from '../inputs/jobs.js';
import { type Executor, WorkerDied } from './pool.js';
import type { FromThread, PlainError, ThreadSetup, ToThread } from './thread.js';
import type { Outcome } from './unit.js';

interface Waiting {
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (error: Error) => void;
}

const errorOf = ({ code, message }: PlainError): Error =>
  code ? new CamError(code, message) : new Error(message);

/**
 * Megabytes of a thread's young generation. Pictures and maps are outside of the heap and are freed with
 * their owners: a small young generation is collected often, which keeps memory flat at no cost in time.
 */
const YOUNG = 2;

/** An executor in a thread of its own. */
export class ThreadExecutor implements Executor {
  private readonly waiting = new Map<number, Waiting>();
  private readonly ended: Promise<void>;
  private dead: WorkerDied | undefined;
  private next = 0;

  private constructor(
    private readonly worker: Worker,
    private readonly signal: AbortSignal,
    private readonly onProgress?: (progress: MethodProgress) => void,
  ) {
    let reason = '';
    worker.on('message', (message: FromThread) => this.receive(message));
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    this.ended = new Promise((resolve) => {
      worker.on('exit', (code) => {
        this.dead = new WorkerDied(`the worker ended (${reason || `exit code ${code}`})`);
        for (const { reject } of this.waiting.values()) reject(this.dead);
        this.waiting.clear();
        signal.removeEventListener('abort', this.stop);
        resolve();
      });
    });
    if (signal.aborted) this.stop();
    else signal.addEventListener('abort', this.stop);
  }

  /**
   * Starts a thread and opens the model in it.
   * @param script  The built `run/thread.ts`.
   * @param signal  Aborts current units, which reject with its reason.
   * @throws {CamError} As `createExplainer` does; `backend` where the thread does not start.
   */
  static async open(
    script: URL,
    setup: ThreadSetup,
    signal: AbortSignal,
    onProgress?: (progress: MethodProgress) => void,
  ): Promise<ThreadExecutor> {
    const worker = new Worker(script, {
      workerData: setup,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG },
    });
    const starting = new AbortController();
    const waiting = { signal: starting.signal };
    try {
      const [message]: FromThread[] = await Promise.race([
        once(worker, 'message', waiting),
        once(worker, 'exit', waiting).then(([code]) => {
          throw new CamError(
            'backend',
            `--workers: a worker did not start (exit code ${code}). Give --workers 1.`,
          );
        }),
      ]);
      if (typeof message === 'object' && 'opening' in message) throw errorOf(message.opening);
    } finally {
      starting.abort();
    }
    return new ThreadExecutor(worker, signal, onProgress);
  }

  run(jobs: readonly Job[]): Promise<readonly Outcome[]> {
    if (this.dead) return Promise.reject(this.dead);
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send({ id, jobs });
    });
  }

  async close(): Promise<void> {
    if (!this.dead) this.send('close');
    await this.ended;
  }

  private readonly stop = (): void => {
    if (!this.dead) this.send('stop');
  };

  private send(message: ToThread): void {
    this.worker.postMessage(message);
  }

  private receive(message: FromThread): void {
    if (typeof message === 'object' && 'progress' in message) this.onProgress?.(message.progress);
    if (typeof message !== 'object' || !('id' in message)) return;
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('stopped' in message) waiting?.reject(this.signal.reason);
    else if ('error' in message) waiting?.reject(errorOf(message.error));
    else waiting?.resolve(message.outcomes);
  }
}
