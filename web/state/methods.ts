/** Which methods are asked for, and how far each is. */
import { batch, signal } from '@preact/signals';
import type { SaliencyMap } from '../../src/index.js';
import { methodNames, passesIn } from './method-list.js';
import { opened } from './model.js';
import { inOneLine } from './words.js';

export { groupOf, groups, methodNames, title } from './method-list.js';

/** Maps of one method, and what they are maps of. */
export interface Maps {
  readonly a: SaliencyMap;
  readonly b?: SaliencyMap;
  /** Numbers of the classes. */
  readonly classA: number;
  readonly classB?: number;
  /** Of the picture, `Shown.id`: another may be on the page already. */
  readonly picture: number;
}

export interface MethodResult {
  readonly state: 'waiting' | 'running' | 'done' | 'stopped' | 'refused' | 'failed';
  /** Passes that are done, of all; only of a method of many passes that runs, or was stopped. */
  readonly passes?: number;
  readonly total?: number;
  readonly secondsLeft?: number;
  /** Why it was refused, or failed: one line. */
  readonly reason?: string;
  /** While the method waits or runs, those of before. */
  readonly maps?: Maps;
}

/** In the order of the page. */
export const askedMethods = signal<readonly string[]>(['mi-cam', 'eigen-cam', 'grad-cam', 'layer-cam']);
/** The one on the large map. */
export const shownMethod = signal<string>('mi-cam');
/** By method; of those that are asked for. */
export const results = signal<Readonly<Record<string, MethodResult>>>({});

export function setResult(method: string, result: MethodResult): void {
  results.value = { ...results.value, [method]: result };
}

const inOrder = (methods: readonly string[]): readonly string[] =>
  methodNames.filter((method) => methods.includes(method));

/** Asks for a method; for one that was stopped or failed, again. */
export function ask(method: string): void {
  const { state } = results.value[method] ?? {};
  if (state === 'stopped' || state === 'failed') setResult(method, { state: 'waiting' });
  askedMethods.value = inOrder([...askedMethods.value, method]);
}

/** What runs of it stops. */
export function drop(method: string): void {
  const left = askedMethods.value.filter((one) => one !== method);
  batch(() => {
    askedMethods.value = left;
    if (shownMethod.value === method && left.length > 0) shownMethod.value = left[0];
  });
}

/** Puts it on the large map. */
export function show(method: string): void {
  batch(() => {
    if (!askedMethods.value.includes(method)) ask(method);
    shownMethod.value = method;
  });
}

/** Why the open model cannot serve a method, in one line; undefined where it can. */
export function refusal(method: string): string | undefined {
  const reason = opened.value?.refused[method];
  if (reason === undefined) return undefined;
  if (method.startsWith('calm'))
    return 'Only for CALM models, which have an attention map beside their scores.';
  return inOneLine(method, reason);
}

/** About so many passes it makes for one class: 0 for one that needs no further pass. */
export const passesOf = (method: string): number | undefined =>
  opened.value && passesIn(opened.value, method);
