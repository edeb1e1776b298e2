/**
 * A process that asks every question about models. It announces each question before it starts, because it
 * may not return.
 */

import { readFileSync, writeSync } from 'node:fs';
import { CamError } from '../../src/errors.js';
import { type EntryPoint, explaining, questions } from './entry-points.js';
import { bases } from './models.js';
import { mutant } from './mutate.js';
import { Random } from './random.js';
import type { Job, Message } from './run.js';

const MEGABYTE = 2 ** 20;
/** A longer message is a fault: nobody would read it. */
const LONGEST_MESSAGE = 10_000;

const job: Job = JSON.parse(process.argv[2] ?? '{}');
const say = (message: Message) => writeSync(1, `${JSON.stringify(message)}\n`);

const runtimes = { node: explaining('node'), web: explaining('web') };

/** Peak memory of the process so far, MB. */
const peakMemory = () => process.resourceUsage().maxRSS / 1024;

/** Asks a question, and reports what is wrong with the answer. */
async function ask(of: string, bytes: Uint8Array, { name, run }: EntryPoint): Promise<void> {
  say({ of, at: name });
  const before = process.cpuUsage();
  const held = process.memoryUsage().rss / MEGABYTE;
  const peak = peakMemory();
  let outcome = 'answered';
  try {
    await run(bytes);
  } catch (error) {
    outcome = error instanceof CamError ? error.code : 'untyped';
    if (!(error instanceof CamError))
      say({ of, at: name, fault: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    else if (error.message.length > LONGEST_MESSAGE)
      say({ of, at: name, fault: `a message of ${error.message.length} characters` });
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  // Only a new peak belongs to this question.
  const growth = peakMemory() > peak ? peakMemory() - held : 0;
  say({ of, at: name, outcome, seconds, growth });
}

type Fuzzing = Extract<Job, { kind: 'fuzz' }>;

async function fuzz({ from, to, seed, more, thorough }: Fuzzing): Promise<void> {
  const all = bases(more);
  const every = thorough ? 4 : 8;
  const isAsked = (name: string, n: number) => thorough || !name.startsWith('bake') || n % 4 === 0;
  for (let i = from; i < to; i++) {
    const random = new Random(seed + i);
    const base = random.of(all);
    const of = `${i} (${base.name})`;
    say({ of, at: 'mutant' });
    const bytes = mutant(base.bytes, random);
    for (const [n, question] of questions.entries())
      if (isAsked(question.name, n + i)) await ask(of, bytes, question);
    if (i % every === 0) for (const question of runtimes.node) await ask(of, bytes, question);
    if (i % (2 * every) === 1) for (const question of runtimes.web) await ask(of, bytes, question);
    if (i % 100 === 99) {
      globalThis.gc?.();
      const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
      say({ of, held: rss / MEGABYTE, heap: (heapUsed + arrayBuffers) / MEGABYTE });
    }
  }
}

say({ of: 'start', held: process.memoryUsage().rss / MEGABYTE });
if (job.kind === 'files') {
  const points = job.runtime ? runtimes[job.runtime] : questions;
  for (const path of job.paths) {
    const bytes = readFileSync(path);
    for (const point of points) await ask(path, bytes, point);
  }
} else await fuzz(job);
say({ of: 'end' });
