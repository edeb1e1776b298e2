import { stat } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import type { MethodProgress } from '../../explain/options.js';
import type { Executor } from './pool.js';
import type { ExplainerSource } from './source.js';
import type { ThreadSetup } from './thread.js';
import { ThreadExecutor } from './thread-executor.js';
import { UnitRunner } from './unit.js';

export interface WorkerPoolOptions {
  /** The built `thread.ts`; without it all work runs in this thread. */
  readonly script?: URL;
  readonly setup: ThreadSetup;
  /** Threads that explain; chosen by cores and memory where missing. */
  readonly workers?: number;
  /** Aborts current units. */
  readonly signal: AbortSignal;
  /** Receives the progress of methods of many passes. */
  readonly onProgress?: (progress: MethodProgress) => void;
}

/** Units per worker below which its start, about half a second, does not pay off. */
const WORTH = 4;

/**
 * A worker's memory: program and kernels; the model's bytes as file, as graph and as packed weights; the
 * largest entry of an archive.
 */
const workerBytes = (model: number, entry: number): number => 150 * 2 ** 20 + 4 * model + entry;

/** The share of the free memory that workers may use. */
const FRACTION = 0.6;

async function usualWorkers(model: string, entry: number): Promise<number> {
  const { size } = await stat(model);
  const limit = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  const free = Math.min(freemem(), limit - process.memoryUsage.rss());
  return Math.min(availableParallelism(), Math.floor((FRACTION * free) / workerBytes(size, entry)));
}

/**
 * Where units are explained: in this thread, or on the CPU in several threads, each of which reads, explains
 * and writes. As many single-threaded workers as there are cores use the cores better than one model on
 * several threads: no thread waits for another.
 */
export class WorkerPool {
  private disposed = false;

  constructor(
    private readonly source: ExplainerSource,
    private readonly options: WorkerPoolOptions,
  ) {}

  /**
   * @param images  Images that are left to explain.
   * @param entry   Memory for the largest archive entry among them, bytes.
   */
  async assemble(images: number, entry = 0): Promise<readonly Executor[]> {
    const { setup, workers } = this.options;
    const { backend, runtime } = this.source.facts;
    // There is one GPU: batches share it, threads do not.
    const alone = !this.options.script || backend !== 'wasm' || runtime.includes('webgpu') || images === 0;
    const wanted = alone ? 1 : (workers ?? (await usualWorkers(setup.model, entry)));
    const units = Math.ceil(images / setup.unit.batch);
    const count = Math.min(wanted, workers === undefined ? Math.floor(units / WORTH) : units);
    if (count < 2) return [this.here()];
    // The model was opened here to learn about it; from now on each worker opens its own.
    await this.dispose();
    return Promise.all(Array.from({ length: count }, () => this.thread()));
  }

  /** Starts another worker in place of one that died. */
  another(): Promise<Executor> {
    return this.thread();
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.source.dispose();
  }

  private here(): Executor {
    const { setup, signal, onProgress } = this.options;
    const runner = new UnitRunner(this.source, setup.unit, signal, onProgress);
    return { run: (jobs) => runner.run(jobs), close: async () => {} };
  }

  private thread(): Promise<Executor> {
    const { script, setup, signal, onProgress } = this.options;
    if (!script) throw new Error('thread: expected the script of a worker.');
    const { backend } = this.source.facts;
    const explainer = { ...setup.explainer, backend, threads: setup.explainer.threads ?? 1 };
    return ThreadExecutor.open(script, { ...setup, explainer }, signal, onProgress);
  }
}
