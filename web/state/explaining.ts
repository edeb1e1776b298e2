/**
 * Has explained what is asked: the fast methods together, then the slow ones, one after the other. What is no
 * longer asked stops between two passes.
 */
import { batch, effect, signal, untracked } from '@preact/signals';
import type { Explained, Passes, Progress, Target } from '../engine/protocol.js';
import type { Shown } from '../files/shown.js';
import { engine } from './engine.js';
import { isFast, passesIn } from './method-list.js';
import { askedMethods, type Maps, type MethodResult, refusal, results, setResult } from './methods.js';
import { opened, opening, whenOpened } from './model.js';
import { fail, isAbort, say } from './notices.js';
import { picture } from './pictures.js';
import { baseline, chooseClass, classA, classB, className, predicted } from './question.js';
import { inOneLine } from './words.js';

/** While a camera runs, its frames are explained one by one, and nothing else is. */
export const isLive = signal(false);

/** What is asked: anything else here, and all maps are of something else. */
interface Question {
  readonly opened: object;
  readonly shown: Shown;
  readonly targets: readonly Target[];
}

interface Job {
  readonly methods: readonly string[];
  readonly stop: AbortController;
}

let question: Question | undefined;
let job: Job | undefined;
/** Whether the model was asked for the scores of this picture. */
let hasScores = false;

export const targetsNow = (): readonly Target[] => {
  const [a, b] = [classA.value, classB.value];
  return b === undefined ? [a] : [a, b];
};

const isSame = (a: Question | undefined, b: Question): boolean =>
  a !== undefined && a.opened === b.opened && a.shown === b.shown && a.targets.join() === b.targets.join();

function update(): void {
  const [open, shown] = [opened.value, picture.value];
  if (!open || !shown || isLive.value) {
    stopJob();
    return;
  }
  const now: Question = { opened: open, shown, targets: targetsNow() };
  const wanted = askedMethods.value;
  batch(() => {
    if (!isSame(question, now)) begin(now);
    const kept = Object.entries(results.value).filter(([method]) => wanted.includes(method));
    const added = wanted.filter((method) => !(method in results.value));
    const states = added.map((method) => [method, startingState(method)] as const);
    if (added.length > 0 || kept.length < Object.keys(results.value).length)
      results.value = Object.fromEntries([...kept, ...states]);
  });
  // One without methods is for the scores.
  const isWanted = !job?.methods.length || job.methods.some((method) => isPending(results.value[method]));
  // What is being opened explains the picture anew.
  if (opening.value !== undefined || !isWanted) stopJob();
  void next();
}

const isPending = (result: MethodResult | undefined): boolean =>
  result?.state === 'waiting' || result?.state === 'running';

function startingState(method: string, before?: MethodResult): MethodResult {
  const reason = refusal(method);
  return reason === undefined ? { state: 'waiting', maps: before?.maps } : { state: 'refused', reason };
}

function begin(now: Question): void {
  stopJob();
  if (question?.shown !== now.shown || question.opened !== now.opened) {
    hasScores = false;
    baseline.value = undefined;
  }
  const isSameModel = question?.opened === now.opened;
  question = now;
  results.value = Object.fromEntries(
    Object.entries(results.value).map(([method, before]) => [
      method,
      startingState(method, isSameModel ? before : undefined),
    ]),
  );
}

function stopJob(): void {
  const stopped = job;
  job = undefined;
  stopped?.stop.abort();
  for (const method of stopped?.methods ?? []) {
    const before = results.value[method];
    if (before?.state === 'running') setResult(method, { state: 'waiting', maps: before.maps });
  }
}

/** The next methods to run: all fast ones at once, else the slow one of the fewest passes. */
function waiting(): readonly string[] {
  const all = askedMethods.value.filter((method) => results.value[method]?.state === 'waiting');
  const fast = all.filter(isFast);
  if (fast.length > 0) return fast;
  const open = opened.value;
  const cost = (method: string) => (open && passesIn(open, method)) ?? Number.POSITIVE_INFINITY;
  return all.sort((a, b) => cost(a) - cost(b)).slice(0, 1);
}

async function next(): Promise<void> {
  if (job || !question || opening.value !== undefined) return;
  const methods = waiting();
  // Without the scores there is nothing to choose a class from.
  if (methods.length === 0 && hasScores) return;
  const own: Job = {
    methods: hasScores || methods.every(isFast) ? methods : [],
    stop: new AbortController(),
  };
  job = own;
  await run(own, question);
  if (job !== own) return;
  job = undefined;
  void next();
}

async function run(own: Job, of: Question): Promise<void> {
  try {
    await explain(own, of, own.methods);
  } catch (error) {
    if (isAbort(error) || job !== own) return;
    if (own.methods.length < 2) return failed(own.methods, error);
    // One of them may be at fault: each alone, then.
    for (const method of own.methods) {
      try {
        await explain(own, of, [method]);
      } catch (error) {
        if (isAbort(error) || job !== own) return;
        failed([method], error);
      }
    }
  }
}

function failed(methods: readonly string[], error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  batch(() => {
    for (const method of methods) setResult(method, { state: 'failed', reason: inOneLine(method, message) });
    // Not even the scores: then it is the picture's or the model's fault, and no method's.
    if (!hasScores) {
      hasScores = true;
      fail(error);
    }
  });
}

async function explain(
  { stop }: Job,
  { shown, targets }: Question,
  methods: readonly string[],
): Promise<void> {
  batch(() => {
    for (const method of methods)
      if (results.value[method]) setResult(method, { state: 'running', maps: results.value[method].maps });
  });
  const explained = await engine().ask(
    { kind: 'explain', picture: { id: shown.id, pixels: shown.picture }, methods, targets },
    { signal: stop.signal, onProgress: noteProgress },
  );
  if (!stop.signal.aborted) answered(explained, shown);
}

function noteProgress(progress: Progress): void {
  if (!('method' in progress)) return;
  const { method, done, total, secondsLeft }: Passes = progress;
  const before = results.value[method];
  if (before?.state !== 'running') return;
  setResult(method, { ...before, passes: done, total, secondsLeft });
}

/** Shows what the worker said of a picture. */
export function answered({ explanations }: Explained, shown: Shown): void {
  const [{ maps, target, probabilities }, second] = explanations;
  batch(() => {
    const isFirst = !hasScores && shown.from !== 'camera';
    hasScores = true;
    baseline.value = probabilities;
    if (isFirst) sayWhichClass();
    const made = Object.entries(maps).filter(([method]) => askedMethods.value.includes(method));
    const done = made.map(([method, a]): [string, MethodResult] => {
      const b = second && { b: second.maps[method], classB: second.target.index };
      const of: Maps = { a, classA: target.index, picture: shown.id, ...b };
      return [method, { state: 'done', maps: of }];
    });
    results.value = { ...results.value, ...Object.fromEntries(done) };
  });
}

/** A class that was chosen stays for the next picture, which may be seen as another. */
function sayWhichClass(): void {
  const [chosen, seen] = [classA.value, predicted.value];
  if (chosen === 'predicted' || seen === undefined || chosen === seen) return;
  say(`Still explaining ${className(chosen)}, which you chose. This picture is seen as ${className(seen)}.`, {
    label: `Explain ${className(seen)}`,
    run: () => chooseClass('predicted'),
  });
}

/** Ends a method's passes; it can be asked for again. */
export function stop(method: string): void {
  const before = results.value[method];
  if (!isPending(before)) return;
  setResult(method, { ...before, state: 'stopped', secondsLeft: undefined });
  if (job?.methods.includes(method) && !job.methods.some((one) => isPending(results.value[one]))) stopJob();
  void next();
}

/** What a new model is tried with. */
const firstMethods = (): readonly string[] => askedMethods.value.filter(isFast);

whenOpened(
  () => ({ methods: firstMethods(), targets: targetsNow() }),
  (first, isNew) => {
    if (isNew) {
      classA.value = 'predicted';
      classB.value = undefined;
    }
    const [open, shown] = [opened.value, picture.value];
    if (!open || !shown) return;
    begin({ opened: open, shown, targets: targetsNow() });
    // Another class may have been chosen since.
    if (first && first.targets.join() === targetsNow().join()) answered(first.explained, shown);
  },
);

/** Starts to answer. */
export function startExplaining(): () => void {
  return effect(() => {
    // Whatever of these changes, something else is asked.
    void [
      opened.value,
      opening.value,
      picture.value,
      classA.value,
      classB.value,
      askedMethods.value,
      isLive.value,
    ];
    void results.value; // a method that was stopped, asked for again
    untracked(update);
  });
}
