import { parentPort, workerData } from 'node:worker_threads';
import { CamError, type CamErrorCode } from '../../errors.js';
import type { MethodProgress } from '../../explain/options.js';
import { type ExplainerOptions, openExplainer } from '../../explainer.js';
import { type MethodOptions, methods } from '../../methods/index.js';
import type { Job } from '../inputs/jobs.js';
import { loadWithData } from '../model/external-locations.js';
import { ExplainerSource } from './source.js';
import { type Outcome, type UnitOptions, UnitRunner } from './unit.js';

/** What a thread starts with. Plain data. */
export interface ThreadSetup {
  readonly model: string;
  /** Methods by name: functions cannot be sent to threads. */
  readonly methods: readonly string[];
  readonly methodOptions: MethodOptions;
  readonly explainer: Omit<ExplainerOptions, 'methods' | 'sessionFactory' | 'onNotice'>;
  readonly unit: UnitOptions;
}

export type ToThread = { readonly id: number; readonly jobs: readonly Job[] } | 'stop' | 'close';

/** An error as plain data. */
export interface PlainError {
  readonly code?: CamErrorCode;
  readonly message: string;
}

export type FromThread =
  | 'ready'
  | { readonly opening: PlainError }
  | { readonly progress: MethodProgress }
  | { readonly id: number; readonly outcomes: readonly Outcome[] }
  | { readonly id: number; readonly error: PlainError }
  | { readonly id: number; readonly stopped: true };

const plainError = (error: unknown): PlainError =>
  error instanceof CamError ? { code: error.code, message: error.message } : { message: String(error) };

/**
 * Reads, explains and writes pictures in a thread of its own. Only names and numbers pass between the
 * threads.
 */
async function serve(setup: ThreadSetup, send: (message: FromThread) => void): Promise<void> {
  const { model, explainer, methodOptions, unit } = setup;
  const source = await ExplainerSource.open(
    async (instead) =>
      openExplainer(await loadWithData(model), {
        ...explainer,
        methods: setup.methods.map((name) => methods[name](methodOptions)),
        ...instead,
      }),
    { mayLeaveGpu: false, notice: () => undefined },
  );
  const stop = new AbortController();
  const runner = new UnitRunner(source, unit, stop.signal, (progress) => send({ progress }));
  parentPort?.on('message', (message: ToThread) => {
    if (message === 'close') {
      parentPort?.close();
      void source.dispose();
      return;
    }
    if (message === 'stop') {
      stop.abort();
      return;
    }
    const { id, jobs } = message;
    runner.run(jobs).then(
      (outcomes) => send({ id, outcomes }),
      (error: unknown) =>
        send(
          stop.signal.aborted && error === stop.signal.reason
            ? { id, stopped: true }
            : { id, error: plainError(error) },
        ),
    );
  });
  send('ready');
}

const send = (message: FromThread): void => parentPort?.postMessage(message);
serve(workerData, send).catch((error: unknown) => {
  send({ opening: plainError(error) });
  parentPort?.close();
});
