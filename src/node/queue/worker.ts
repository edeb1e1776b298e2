import { hostname } from 'node:os';
import type { Job, Worker } from 'bullmq';
import { CamError } from '../../errors.js';
import type { MethodProgress } from '../../explain/options.js';
import { ShareTaken } from '../run/work.js';
import { counted } from '../terminal/counted.js';
import type { Dependencies } from '../terminal/dependencies.js';
import type { Engine } from './engine.js';
import type { ShardPayload, ShardResult } from './payload.js';
import type { ShardQueue } from './queue.js';
import { RedisMemory } from './redis-memory.js';
import { runShard } from './shard.js';

export interface WorkerOptions {
  /** Threads that explain; replaces the number that was enqueued. */
  readonly workers?: number;
  /** Lease of a shard, seconds: after this time without a report the shard goes to another worker. */
  readonly lease: number;
  /** Ends after one shard. */
  readonly once: boolean;
  /** Ends when no shard is left: none waits, none is to be retried, none runs. */
  readonly drain: boolean;
  /** Aborted where the current pictures are to be abandoned. */
  readonly signal: AbortSignal;
}

/** Receives the events of a worker. */
export interface WorkerEvents {
  notice(text: string): void;
  done(shard: string, result: ShardResult, seconds: number): void;
  failed(shard: string, reason: string, attempt: number, attempts: number, forGood: boolean): void;
  /** A shard was put back into the queue unfinished. */
  returned(shard: string): void;
  /** A shard went to another worker, because this one did not report in time. */
  lost(shard: string): void;
  failures(lines: string): void;
  /** Progress of methods of many passes. */
  passes(progress: MethodProgress): void;
  /** Shards are left that this worker cannot explain. */
  undone(text: string): void;
}

/** Workers that may die (killed, out of memory) during one shard before the shard counts as the cause. */
const DEATHS = 3;

/** Milliseconds between two reports of a shard's progress, and between two checks of what is left. */
const INTERVAL = 500;

/** States of a shard that is not done. */
const UNDONE = ['wait', 'prioritized', 'delayed', 'active'] as const;

/** Number of shards by state. */
type Counts = Readonly<Record<string, number>>;

type ShardJob = Job<ShardPayload, ShardResult>;

/** Takes shards from a queue, one at a time, until it is stopped. */
export class ShardWorker {
  private readonly worker: Worker<ShardPayload, ShardResult>;
  private readonly closed: Promise<void>;
  private stopping = false;
  private leaseLost = false;
  private current = 0;
  private closing = false;
  /** Shards that failed for good in this worker. */
  private failed = 0;
  private watch: NodeJS.Timeout | undefined;
  private readonly memory: RedisMemory;
  private seen: Counts = {};

  constructor(
    private readonly engine: Engine,
    private readonly queue: ShardQueue,
    private readonly options: WorkerOptions,
    private readonly events: WorkerEvents,
    private readonly deps: Dependencies,
  ) {
    this.memory = new RedisMemory(engine.redis);
    const milliseconds = 1000 * options.lease;
    this.worker = new engine.bullmq.Worker<ShardPayload, ShardResult>(
      queue.name,
      (job, token) => this.process(job, token),
      {
        connection: engine.redis,
        name: `${hostname()}:${process.pid}`,
        lockDuration: milliseconds,
        stalledInterval: milliseconds / 2,
        maxStalledCount: DEATHS - 1,
        autorun: false,
      },
    );
    this.closed = new Promise((resolve) => this.worker.once('closed', resolve));
    // The connection reports its own errors; a lost lease has its own event.
    this.worker.on('error', () => undefined);
    this.worker.on('lockRenewalFailed', () => {
      this.leaseLost = true;
    });
    this.worker.on('failed', (job, error) => {
      if (!job) return;
      const forGood = job.finishedOn !== undefined && job.finishedOn !== null;
      if (forGood) this.failed++;
      events.failed(job.name, error.message, job.attemptsMade, job.opts.attempts ?? 1, forGood);
    });
    engine.lost.addEventListener('abort', () => this.stop());
  }

  /**
   * Works until no shard is left, or until it is stopped.
   * @throws {CamError} `backend` where Redis is lost for good.
   */
  async run(): Promise<void> {
    await this.memory.begin();
    this.seen = await this.counts();
    const failedBefore = this.seen.failed ?? 0;
    // It may have been stopped in the meantime.
    const running = this.closing ? undefined : this.worker.run();
    if (running) void this.check();
    await this.closed;
    await running;
    if (this.engine.lost.aborted) throw new CamError('backend', 'the connection was closed');
    await this.remember(await this.counts());
    await this.memory.end();
    const failed = (this.seen.failed ?? 0) - failedBefore - this.failed;
    if (this.options.drain && failed > 0)
      this.events.undone(
        `${counted(failed, 'shard')} failed for good in other workers: see onnx-cam work --status.`,
      );
  }

  /** Takes no further shard. The current one goes back into the queue after the current pictures. */
  stop(): void {
    this.stopping = true;
    this.close();
  }

  private close(): void {
    this.closing = true;
    clearTimeout(this.watch);
    // `close` waits for the current shard; without Redis it would wait forever.
    void this.worker.close(this.engine.lost.aborted);
  }

  private counts(): Promise<Counts> {
    return this.queue.getJobCounts(...UNDONE, 'failed');
  }

  /** Checks repeatedly which shards are left, and whether Redis still has its data. */
  private async check(): Promise<void> {
    try {
      const counts = await this.counts();
      await this.remember(counts);
      const isDrained = this.current === 0 && UNDONE.every((state) => !counts[state]);
      if (this.options.drain && isDrained && !this.closing) this.close();
    } catch {
      // Redis is away for now. Where it does not come back, the connection reports it.
    }
    if (!this.closing) this.watch = setTimeout(() => void this.check(), INTERVAL);
  }

  /**
   * Remembers which shards Redis reports as left. Where Redis lost its data, reports the shards that were
   * left.
   */
  private async remember(counts: Counts): Promise<void> {
    // Checked after the counts: otherwise Redis might lose its data between the two.
    if (await this.memory.holds()) {
      this.seen = counts;
      return;
    }
    const [waiting, later, active] = [['wait', 'prioritized'], ['delayed'], ['active']].map((states) =>
      states.reduce((sum, state) => sum + (this.seen[state] ?? 0), 0),
    );
    if (waiting + later + active > 0) {
      this.events.undone(
        `Redis at ${this.engine.address} has forgotten the queue ${this.queue.name} (it was started without its data, or emptied). ` +
          `When last seen, ${waiting} of its shards waited, ${later} were to be retried and ${active} were running. ` +
          'Enqueue the run again: the same command, the same results.',
      );
    }
    this.seen = counts;
    await this.memory.begin();
  }

  private async process(job: ShardJob, token: string | undefined): Promise<ShardResult> {
    const { WaitingError } = this.engine.bullmq;
    this.current++;
    this.leaseLost = false;
    if (this.options.once) this.close();
    try {
      const started = performance.now();
      const result = await this.explain(job);
      if (result) {
        this.events.done(job.name, result, (performance.now() - started) / 1000);
        return result;
      }
      if (this.leaseLost) throw new ShareTaken('the lease was lost');
      await job.moveToWait(token);
      this.events.returned(job.name);
      throw new WaitingError();
    } catch (error) {
      if (!(error instanceof ShareTaken)) throw error;
      this.events.lost(job.name);
      // No report to the queue: the other worker reports the shard's state.
      throw new WaitingError();
    } finally {
      this.current--;
    }
  }

  private async explain(job: ShardJob): Promise<ShardResult | undefined> {
    let next = 0;
    return runShard(
      job.data,
      {
        notice: this.events.notice,
        passes: this.events.passes,
        failures: this.events.failures,
        stopping: () => this.stopping || this.leaseLost,
        signal: this.options.signal,
        progress(done, total) {
          const now = performance.now();
          if (now < next && done < total) return;
          next = now + INTERVAL;
          // Not awaited: the work goes on while Redis is away for a moment.
          job.updateProgress({ done, total }).catch(() => undefined);
        },
      },
      this.deps,
      this.options.workers,
    );
  }
}
