import { resolve } from 'node:path';
import { digest } from '../files/digest.js';
import type { Input } from '../inputs/input.js';
import { type Job, jobsOfShard, type Shard } from '../inputs/jobs.js';
import type { PlannedRun, RunPlan } from '../run/plan.js';

/**
 * What a worker receives for one shard. Plain data; it does not depend on the folder in which the worker was
 * started.
 */
export interface ShardPayload {
  /** Version of the package that enqueued it: other versions may compute other results. */
  readonly version: string;
  /** Identifies the run. */
  readonly run: string;
  readonly shard: Shard;
  readonly plan: RunPlan;
  /** True for the bundled classifier: each machine uses its own copy. */
  readonly embedded: boolean;
  /** Whether the user's own files are overwritten. */
  readonly force: boolean;
  readonly workers?: number;
  readonly inputs: readonly Input[];
  readonly images: readonly ShardImage[];
}

/** A job that refers to its input by index: an input of many images is sent once. */
export type ShardImage = Omit<Job, 'input'> & { readonly input: number };

/** The result of a shard. */
export interface ShardResult {
  /** Images that were explained. */
  readonly done: number;
  readonly failed: number;
}

function absoluteInput(input: Input): Input {
  const path = resolve(input.path);
  if (input.kind === 'tensor') return { ...input, path, images: { ...input.images, path } };
  if (input.kind === 'failed' || !input.entry) return { ...input, path };
  return { ...input, path, entry: { ...input.entry, archive: resolve(input.entry.archive) } };
}

/**
 * A run that does not depend on the current folder: results go to the same files, and the summary names
 * inputs by absolute paths.
 */
function absolute({ plan, inputs, jobs }: Pick<PlannedRun, 'plan' | 'inputs' | 'jobs'>) {
  const moved = new Map(inputs.map((input) => [input, absoluteInput(input)]));
  const movedJobs = jobs.map((job): Job => ({ ...job, input: moved.get(job.input) ?? job.input }));
  const { unit, explainer, methods, methodOptions } = plan;
  const model = resolve(plan.model);
  const movedUnit = { ...unit, output: { ...unit.output, out: resolve(unit.output.out) } };
  const identity = {
    ...plan.identity,
    // Threads change only the speed.
    options: digest({
      model,
      explainer: { ...explainer, threads: 0 },
      unit: movedUnit,
      methods,
      methodOptions,
    }),
    inputs: digest(movedJobs.map(({ input, image, targets }) => [input.path, image, targets])),
  };
  return { plan: { ...plan, model, unit: movedUnit, identity }, jobs: movedJobs };
}

/** Images per shard, unless the user sets the number of shards. */
const IMAGES = 256;

/** A run in shards. */
export interface ShardedRun {
  /** Equal for the same command on the same inputs. */
  readonly run: string;
  readonly plan: RunPlan;
  readonly count: number;
  /** Made one by one: together they name every input of the run. */
  readonly payload: (index: number) => ShardPayload;
}

/** @param shards  Maximum number: images that share arrays stay in one shard. */
export function shardRun(
  planned: PlannedRun,
  options: {
    readonly version: string;
    readonly embedded: boolean;
    readonly force: boolean;
    readonly shards?: number;
    readonly workers?: number;
  },
): ShardedRun {
  const { plan, jobs } = absolute(planned);
  const { version, embedded, force, workers } = options;
  const groups = new Set(jobs.map(({ place }) => place.stem)).size;
  const count = Math.min(groups, options.shards ?? Math.ceil(jobs.length / IMAGES));
  const run = digest({ version, identity: plan.identity, count });
  const payload = (index: number): ShardPayload => {
    const shard = { index, count };
    const own = jobsOfShard(jobs, shard);
    const inputs = [...new Set(own.map(({ input }) => input))];
    const positions = new Map(inputs.map((input, position) => [input, position]));
    const images = own.map((job) => ({ ...job, input: positions.get(job.input) ?? 0 }));
    return { version, run, shard, plan, embedded, force, workers, inputs, images };
  };
  return { run, plan, count, payload };
}

/** The jobs of a shard, restored from the payload. */
export const jobsOf = ({ inputs, images }: ShardPayload): Job[] =>
  images.map((image) => ({ ...image, input: inputs[image.input] }));

/**
 * The name of a shard's job in the queue. A run that is enqueued twice has the same names, so the queue holds
 * it once.
 */
export const jobId = (run: string, { index, count }: Shard): string => `${run}-${index}-of-${count}`;

/** A shard, in words. */
export const shardName = ({ index, count }: Shard, out: string): string =>
  `shard ${index} of ${count} of ${out}`;
