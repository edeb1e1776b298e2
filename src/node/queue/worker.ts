import { hostname } from 'node:os';
import type { Job, Worker } from 'bullmq';
import { CamError } from '../../errors.js';
import type { MethodProgress } from '../../explain/options.js';
import { ShareTaken } from '../run/work.js';
import type { Dependencies } from '../terminal/dependencies.js';
import type { Engine } from './engine.js';
import type { ShardPayload, ShardResult } from './payload.js';
import type { ShardQueue } from './queue.js';
import { RedisMemory } from './redis-memory.js';
import { runShard } from './shard.js';

export interface WorkerOptions {
  /** Threads that explain, in place of what was enqueued. */
  readonly workers?: number;
  /** Seconds after which a shard whose worker is silent goes to another. */
  readonly lease: number;
  /** Ends after one shard. */
  readonly once: boolean;
  /** Ends when no shard is left: none waits, none is to be tried again, none is in work. */
  readonly drain: boolean;
  /** Aborted where the current pictures are to be left. */
  readonly signal: AbortSignal;
}

/** What is told while a worker works. */
export interface WorkerTold {
  notice(text: string): void;
  done(shard: string, result: ShardResult, seconds: number): void;
  failed(shard: string, reason: string, attempt: number, attempts: number, forGood: boolean): void;
  /** A shard went back into the queue before its end. */
  returned(shard: string): void;
  /** A shard went to another worker: this one was silent for too long. */
  lost(shard: string): void;
  failures(lines: string): void;
  /** How far methods of many passes are. */
  passes(progress: MethodProgress): void;
  /** Work is left that this worker cannot do. */
  undone(text: string): void;
}

/**
 * A worker may die so often in the middle of one shard, killed or out of memory, before the shard is taken to
 * be the cause.
 */
const DEATHS = 3;

/** Milliseconds between words on a shard's progress, and between looks at what is left. */
const TELL = 500;

/** States of a shard that is not done. */
const UNDONE = ['wait', 'prioritized', 'delayed', 'active'] as const;

/** Shards by state. */
type Counts = Readonly<Record<string, number>>;

const shards = (count: number): string => (count === 1 ? '1 shard' : `${count} shards`);

type ShardJob = Job<ShardPayload, ShardResult>;

/** Takes shards from a queue, one at a time, until it is stopped. */
export class ShardWorker {
  private readonly worker: Worker<ShardPayload, ShardResult>;
  private readonly closed: Promise<void>;
  private stopping = false;
  private leaseLost = false;
  private inHand = 0;
  private closing = false;
  /** Shards that failed for good here. */
  private failed = 0;
  private watch: NodeJS.Timeout | undefined;
  private readonly memory: RedisMemory;
  private seen: Counts = {};

  constructor(
    private readonly engine: Engine,
    private readonly queue: ShardQueue,
    private readonly options: WorkerOptions,
    private readonly told: WorkerTold,
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
    // The connection tells of itself; a lost lease is told by its own event.
    this.worker.on('error', () => undefined);
    this.worker.on('lockRenewalFailed', () => {
      this.leaseLost = true;
    });
    this.worker.on('failed', (job, error) => {
      if (!job) return;
      const forGood = job.finishedOn !== undefined && job.finishedOn !== null;
      if (forGood) this.failed++;
      told.failed(job.name, error.message, job.attemptsMade, job.opts.attempts ?? 1, forGood);
    });
    engine.lost.addEventListener('abort', () => this.stop());
  }

  /**
   * Works until there is no more to do, or it is stopped.
   * @throws {CamError} `backend` where Redis is gone for good.
   */
  async run(): Promise<void> {
    await this.memory.begin();
    this.seen = await this.counts();
    const failedBefore = this.seen.failed ?? 0;
    // It may have been stopped meanwhile.
    const running = this.closing ? undefined : this.worker.run();
    if (running) void this.look();
    await this.closed;
    await running;
    if (this.engine.lost.aborted) throw new CamError('backend', 'the connection was closed');
    await this.remember(await this.counts());
    await this.memory.end();
    const failed = (this.seen.failed ?? 0) - failedBefore - this.failed;
    if (this.options.drain && failed > 0)
      this.told.undone(`${shards(failed)} failed for good in other workers: see onnx-cam work --status.`);
  }

  /** Takes no further shard; the one in hand goes back into the queue after the current pictures. */
  stop(): void {
    this.stopping = true;
    this.close();
  }

  private close(): void {
    this.closing = true;
    clearTimeout(this.watch);
    // It waits for the shard in hand; without Redis there is nobody to wait for.
    void this.worker.close(this.engine.lost.aborted);
  }

  private counts(): Promise<Counts> {
    return this.queue.getJobCounts(...UNDONE, 'failed');
  }

  /** Looks again and again at what is left, and whether Redis knows it. */
  private async look(): Promise<void> {
    try {
      const counts = await this.counts();
      await this.remember(counts);
      const isDrained = this.inHand === 0 && UNDONE.every((state) => !counts[state]);
      if (this.options.drain && isDrained && !this.closing) this.close();
    } catch {
      // Redis is away: it is told where it does not come back.
    }
    if (!this.closing) this.watch = setTimeout(() => void this.look(), TELL);
  }

  /** Takes note of what Redis says is left; or tells of what was left, where Redis has forgotten that. */
  private async remember(counts: Counts): Promise<void> {
    // Looked for after the counts: before, Redis might have forgotten them in between.
    if (await this.memory.holds()) {
      this.seen = counts;
      return;
    }
    const [waiting, later, active] = [['wait', 'prioritized'], ['delayed'], ['active']].map((states) =>
      states.reduce((sum, state) => sum + (this.seen[state] ?? 0), 0),
    );
    if (waiting + later + active > 0) {
      this.told.undone(
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
    this.inHand++;
    this.leaseLost = false;
    if (this.options.once) this.close();
    try {
      const started = performance.now();
      const result = await this.explain(job);
      if (result) {
        this.told.done(job.name, result, (performance.now() - started) / 1000);
        return result;
      }
      if (this.leaseLost) throw new ShareTaken('the lease was lost');
      await job.moveToWait(token);
      this.told.returned(job.name);
      throw new WaitingError();
    } catch (error) {
      if (!(error instanceof ShareTaken)) throw error;
      this.told.lost(job.name);
      // To the queue no word: what it knows of the shard is what the other worker tells.
      throw new WaitingError();
    } finally {
      this.inHand--;
    }
  }

  private async explain(job: ShardJob): Promise<ShardResult | undefined> {
    let next = 0;
    return runShard(
      job.data,
      {
        notice: this.told.notice,
        passes: this.told.passes,
        failures: this.told.failures,
        stopping: () => this.stopping || this.leaseLost,
        signal: this.options.signal,
        progress(done, total) {
          const now = performance.now();
          if (now < next && done < total) return;
          next = now + TELL;
          // Not waited for: the work goes on while Redis is away for a moment.
          job.updateProgress({ done, total }).catch(() => undefined);
        },
      },
      this.deps,
      this.options.workers,
    );
  }
}
