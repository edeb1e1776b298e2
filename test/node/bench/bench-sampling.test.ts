import { PassThrough } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startStatus } from '../../../src/node/bench/progress.js';
import { type Contender, inTurn, timingOf } from '../../../src/node/bench/sampling.js';

const never = () => false;

let clock = 0;
beforeEach(() => {
  clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A contender whose calls take so long on a clock of the test's own, and that writes its name down. */
const taking = (name: string, milliseconds: number, log: string[], least = 0): Contender => ({
  clock: 'wall',
  least,
  calls: (count) => {
    log.push(`${name}${count}`);
    clock += milliseconds * count;
  },
});

test('samples are taken in turn, five at least, once each is warm', async () => {
  const log: string[] = [];
  // Warm after a budget of 20, that is three calls; the fifth sample is beyond it.
  const found = await inTurn(
    taking('a', 8, log),
    { b: taking('b', 8, log) },
    { seconds: 0.02, stopping: never },
  );
  expect(log).toEqual([...'aaabbbababababab'].map((name) => `${name}1`));
  expect(found).toEqual({
    time: { clock: 'wall', median: 8, low: 8, high: 8, runs: 5 },
    baselines: { b: { clock: 'wall', median: 8, low: 8, high: 8, runs: 5 } },
  });
});

test('samples go on until the budget is used, of which warming up is no part', async () => {
  const log: string[] = [];
  // 50 milliseconds of warming and 100 of samples.
  const found = await inTurn(taking('a', 2, log), {}, { seconds: 0.1, stopping: never });
  expect([log.length, found?.time.runs]).toEqual([25 + 50, 50]);
});

test('what takes as long as its budget is sampled twice, twenty times as long once; neither needs warming', async () => {
  const log: string[] = [];
  await inTurn(
    taking('long', 30, log),
    { longer: taking('longer', 130, log), short: taking('short', 3, log) },
    { seconds: 0.006, stopping: never },
  );
  expect(log.filter((name) => name === 'long1')).toHaveLength(2);
  expect(log.filter((name) => name === 'longer1')).toHaveLength(1);
  expect(log.filter((name) => name === 'short1')).toHaveLength(2 + 5);
});

test('calls are doubled until a sample is long enough, and a time is that of one call', async () => {
  const log: string[] = [];
  const found = await inTurn(taking('a', 6, log, 20), {}, { seconds: 0.04, stopping: never });
  // 6, 12 and 24 milliseconds: long enough, and warm.
  expect(log).toEqual(['a1', 'a2', 'a4', 'a4', 'a4', 'a4', 'a4', 'a4']);
  expect(found?.time).toMatchObject({ median: 6, runs: 5 });
});

test('CPU time is that of work, not of waiting', async () => {
  vi.restoreAllMocks();
  const spin: Contender = {
    clock: 'cpu',
    least: 10,
    calls: (count) => {
      const { user, system } = process.cpuUsage();
      for (let used = 0; used < 5000 * count; ) {
        const now = process.cpuUsage();
        used = now.user + now.system - user - system;
      }
    },
  };
  const idle: Contender = { clock: 'cpu', least: 0, calls: () => setTimeout(40) };
  const found = await inTurn(spin, { idle }, { seconds: 0.005, stopping: never });
  expect(found?.time.median).toBeGreaterThan(4.9);
  // Of the 40 that pass.
  expect(found?.baselines.idle.median).toBeLessThan(20);
});

test('stopped early, it returns nothing rather than half a comparison', async () => {
  const log: string[] = [];
  const stopping = () => log.length >= 3;
  const options = { seconds: 0.0005, stopping };
  expect(await inTurn(taking('a', 1, log), { b: taking('b', 1, log) }, options)).toBeUndefined();
  expect(log).toEqual(['a1', 'b1', 'a1']);
});

test('median and quartiles, between samples where need be', () => {
  expect(timingOf('cpu', [5, 1, 4, 2, 3])).toEqual({ clock: 'cpu', median: 3, low: 2, high: 4, runs: 5 });
  expect(timingOf('wall', [1, 2])).toEqual({ clock: 'wall', median: 1.5, low: 1.25, high: 1.75, runs: 2 });
  expect(timingOf('wall', [7])).toEqual({ clock: 'wall', median: 7, low: 7, high: 7, runs: 1 });
});

test('progress is one line of a terminal, which is cleared; elsewhere nothing is written', () => {
  const written = (isTTY: boolean, quiet: boolean): string => {
    const stream = Object.assign(new PassThrough(), { isTTY });
    const status = startStatus(stream, 2, quiet);
    status.next('relu');
    status.next('gram');
    status.stop();
    status.stop();
    return String(stream.read() ?? '');
  };
  expect(written(true, false)).toBe('\r\x1b[2K1/2 relu\r\x1b[2K2/2 gram\r\x1b[2K');
  expect([written(false, false), written(true, true)]).toEqual(['', '']);
});
