import { describe, expect, test } from 'vitest';
import type { Job } from '../../../src/node/inputs/jobs.js';
import { type Executor, planUnits, runUnits, WorkerDied } from '../../../src/node/run/pool.js';
import type { ThreadSetup } from '../../../src/node/run/thread.js';
import { ThreadExecutor } from '../../../src/node/run/thread-executor.js';
import type { Outcome } from '../../../src/node/run/unit.js';

const jobs = (count: number): Job[] =>
  Array.from({ length: count }, (_, index) => ({
    index,
    image: 0,
    input: { kind: 'picture', path: `${index}.png`, stem: String(index) },
    targets: ['predicted'],
    place: { stem: String(index), rows: 1, row: 0 },
  }));

const never = new AbortController().signal;

const outcome = ({ index }: Job): Outcome => ({ index, results: [] });

interface Seen {
  readonly done: number[];
  readonly opened: number[];
}

/** Runs 12 jobs in units of 4 on executors that `kill` ends. */
async function runOn(count: number, kill: (executor: number, jobs: readonly Job[]) => boolean) {
  const seen: Seen = { done: [], opened: [] };
  const dead: number[] = [];
  const executor = (): Executor => {
    const id = seen.opened.push(seen.opened.length) - 1;
    let alive = true;
    return {
      run: async (unit) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (alive && kill(id, unit)) alive = false;
        if (!alive) throw new WorkerDied('the worker ended (exit code 9)');
        return unit.map(outcome);
      },
      close: async () => {},
    };
  };
  const complete = await runUnits(planUnits(jobs(12), 4), {
    executors: Array.from({ length: count }, executor),
    replace: async () => executor(),
    stopping: () => false,
    signal: never,
    onDone: async (_, outcomes) => {
      seen.done.push(...outcomes.map(({ index }) => index));
    },
    onDeath: (job) => {
      dead.push(job.index);
      return { ...outcome(job), error: 'died' };
    },
  });
  return { ...seen, dead, complete };
}

describe('a worker that dies', () => {
  test('is replaced, and its work repeated: nothing is lost or done twice', async () => {
    const { done, dead, opened, complete } = await runOn(2, (id) => id === 0);
    expect([done.toSorted((a, b) => a - b), dead, complete]).toEqual([
      Array.from({ length: 12 }, (_, i) => i),
      [],
      true,
    ]);
    // One in its place, and one for each of its units.
    expect(opened.length).toBeGreaterThan(2);
  });

  test('of one image that ends every worker: that image fails, the others of its unit are done', async () => {
    const { done, dead } = await runOn(1, (_, unit) => unit.some(({ index }) => index === 5));
    expect(dead).toEqual([5]);
    expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });
});

test('an error that concerns the whole run ends it, and all executors are closed', async () => {
  let closed = 0;
  const executor: Executor = {
    run: async () => {
      throw new TypeError('no such layer');
    },
    close: async () => {
      closed++;
    },
  };
  const run = runUnits(planUnits(jobs(9), 2), {
    executors: [executor, executor],
    replace: async () => executor,
    stopping: () => false,
    signal: never,
    onDone: async () => {},
    onDeath: outcome,
  });
  await expect(run).rejects.toThrow('no such layer');
  expect(closed).toBe(2);
});

test('stopped: current units are abandoned, finished ones are kept, and no error is thrown', async () => {
  const stop = new AbortController();
  const done: number[] = [];
  const executor: Executor = {
    run: async (unit) => {
      if (unit[0].index < 4) return unit.map(outcome);
      return new Promise((_, reject) =>
        stop.signal.addEventListener('abort', () => reject(stop.signal.reason)),
      );
    },
    close: async () => {},
  };
  const run = runUnits(planUnits(jobs(8), 2), {
    executors: [executor],
    replace: async () => executor,
    stopping: () => stop.signal.aborted,
    signal: stop.signal,
    onDone: async (_, outcomes) => {
      done.push(...outcomes.map(({ index }) => index));
    },
    onDeath: outcome,
  });
  setTimeout(() => stop.abort(), 20);
  expect(await run).toBe(false);
  expect(done.toSorted()).toEqual([0, 1, 2, 3]);
});

describe('threads', () => {
  const script = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const setup = {} as ThreadSetup;

  test('one that exits in the middle of its work', async () => {
    const thread = await ThreadExecutor.open(
      script(`import { parentPort } from 'node:worker_threads';
        parentPort.on('message', () => process.exit(7));
        parentPort.postMessage('ready');`),
      setup,
      never,
    );
    await expect(thread.run(jobs(2))).rejects.toThrow(new WorkerDied('the worker ended (exit code 7)'));
    await expect(thread.run(jobs(1))).rejects.toBeInstanceOf(WorkerDied);
    await thread.close();
  });

  test('one that throws outside of any task reports the reason', async () => {
    const thread = await ThreadExecutor.open(
      script(`import { parentPort } from 'node:worker_threads';
        parentPort.on('message', () => { throw new RangeError('out of memory'); });
        parentPort.postMessage('ready');`),
      setup,
      never,
    );
    await expect(thread.run(jobs(1))).rejects.toThrow('the worker ended (out of memory)');
  });

  test('one that does not start, or cannot open the model', async () => {
    await expect(ThreadExecutor.open(script('process.exit(3)'), setup, never)).rejects.toThrow(
      '--workers: a worker did not start (exit code 3). Give --workers 1.',
    );
    const told = { opening: { code: 'layer', message: 'layer: no "x".' } };
    const refusing = script(`import { parentPort } from 'node:worker_threads';
      parentPort.postMessage(${JSON.stringify(told)});`);
    await expect(ThreadExecutor.open(refusing, setup, never)).rejects.toMatchObject({
      code: 'layer',
      message: 'layer: no "x".',
    });
  });
});
