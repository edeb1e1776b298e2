/** Runs code that may crash, hang or exhaust memory in separate processes, and watches them. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

export type Job =
  /** All questions that need no runtime; or, with `runtime`, explanations. */
  | { readonly kind: 'files'; readonly paths: readonly string[]; readonly runtime?: 'node' | 'web' }
  | {
      readonly kind: 'fuzz';
      readonly seed: number;
      /** Mutants by number, from … to - 1. */
      readonly from: number;
      readonly to: number;
      /** Folders of further models. */
      readonly more: readonly string[];
      /**
       * True: every question for every mutant, and explanations by each runtime for a fourth and an eighth of
       * them. Else only a part of `bake`, and half as many explanations.
       */
      readonly thorough: boolean;
    };

/** A message from a worker. */
export interface Message {
  /** The mutant or file. */
  readonly of: string;
  /** The entry point in question. */
  readonly at?: string;
  readonly fault?: string;
  readonly outcome?: string;
  readonly seconds?: number;
  /** Peak memory of the process during the question, above what it held before; MB. */
  readonly growth?: number;
  /** Memory of the process after a garbage collection; MB. */
  readonly held?: number;
  /** The part of it in JavaScript's heap; MB. */
  readonly heap?: number;
}

export interface Ended {
  readonly messages: readonly Message[];
  /** How the process ended, if it did not end normally. */
  readonly death?: string;
}

/** A worker that is silent for so long counts as hanging; ms. */
const SILENCE = 60_000;

export interface Workers {
  run(job: Job): Promise<Ended>;
  dispose(): void;
}

/** The worker, bundled once. */
export async function workers(): Promise<Workers> {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-hostile-'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const outfile = join(folder, 'worker.mjs');
  await build({
    entryPoints: ['test/hostile/worker.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    sourcemap: 'inline',
  });
  return {
    run: (job) => watched(outfile, job),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function watched(worker: string, job: Job): Promise<Ended> {
  const args = ['--expose-gc', '--enable-source-maps', worker, JSON.stringify(job)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr = `${stderr}${text}`.slice(-4000);
  });
  const messages: Message[] = [];
  let death: string | undefined;
  const hang = () => {
    death = `said nothing for ${SILENCE / 1000} s`;
    child.kill('SIGKILL');
  };
  let watchdog = setTimeout(hang, SILENCE);
  for await (const line of createInterface(child.stdout)) {
    clearTimeout(watchdog);
    watchdog = setTimeout(hang, SILENCE);
    if (line.startsWith('{')) messages.push(JSON.parse(line));
  }
  clearTimeout(watchdog);
  if (child.exitCode === null && child.signalCode === null)
    await new Promise((ended) => child.once('exit', ended));
  if (messages.at(-1)?.of !== 'end')
    death ??= `${child.signalCode ?? `exit code ${child.exitCode}`} ${stderr.slice(-1500)}`;
  return { messages, ...(death !== undefined && { death }) };
}
