/** What is asked of the picture: one class, or two of them. */
import { batch, computed, signal } from '@preact/signals';
import { opened } from './model.js';

/** The class that is explained; `predicted`: whichever is the most probable. */
export const classA = signal<number | 'predicted'>('predicted');
/** A second class, to be compared. */
export const classB = signal<number | undefined>(undefined);
/** Whose heat is shown. */
export const side = signal<'A' | 'B' | 'A-B'>('A');

/** What the model says of the current picture, uncovered; `[C]`. */
export const baseline = signal<Float64Array | undefined>(undefined);
/** The same with what is covered; missing where nothing is. */
export const coveredScores = signal<Float64Array | undefined>(undefined);
export const probabilities = computed(() => coveredScores.value ?? baseline.value);

/** The class that `predicted` stands for, of the uncovered picture. */
export const predicted = computed(() => {
  const values = baseline.value;
  return values?.reduce((best, value, c) => (value > values[best] ? c : best), 0);
});
/** The number of the class that is explained, where it is known. */
export const indexA = computed(() => (classA.value === 'predicted' ? predicted.value : classA.value));

export const labels = computed(() => opened.value?.labels);

/** A class as people read it: its label's first synonym, or its number. */
export function className(index: number): string {
  return labels.value?.[index]?.split(',')[0].trim() || `class ${index}`;
}

/** What is wrong with the labels; undefined where nothing is. */
export const labelProblem = computed(() => {
  const [names, classes] = [labels.value?.length, baseline.value?.length];
  if (names === undefined || classes === undefined || names === classes) return undefined;
  return `${names} labels for ${classes} classes: they may belong to another model.`;
});

export interface ClassRow {
  readonly index: number;
  readonly name: string;
  readonly probability: number;
  /** Less what it was uncovered; 0 where nothing is covered. */
  readonly difference: number;
}

/** All classes, the most probable of the uncovered picture first. */
export const ranking = computed<readonly number[]>(() => {
  const values = baseline.value;
  if (!values) return [];
  return Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
});

/**
 * Classes whose name or number holds what was typed, the most probable first; those that are explained come
 * first where nothing was typed.
 */
export function findClasses(typed: string, most: number): readonly ClassRow[] {
  const [before, now] = [baseline.value, probabilities.value];
  if (!before || !now) return [];
  const wanted = typed.trim().toLowerCase();
  const chosen = [indexA.value, classB.value].filter((index) => index !== undefined && index < before.length);
  const holds = (index: number) =>
    String(index) === wanted || (labels.value?.[index] ?? `class ${index}`).toLowerCase().includes(wanted);
  const all = wanted === '' ? ranking.value : ranking.value.filter(holds);
  const found = new Set(all.slice(0, most));
  // In the order of the ranking, so that rows do not jump when one is chosen.
  if (wanted === '') for (const index of chosen) if (index !== undefined) found.add(index);
  return [...found].map((index) => ({
    index,
    name: className(index),
    probability: now[index],
    difference: now[index] - before[index],
  }));
}

export function chooseClass(index: number | 'predicted'): void {
  batch(() => {
    classA.value = index;
    if (classB.value === index) forgetB();
  });
}

/** @param index  Missing: one class again. */
export function compareWith(index: number | undefined): void {
  batch(() => {
    if (index === undefined || index === indexA.value) return forgetB();
    classB.value = index;
  });
}

function forgetB(): void {
  classB.value = undefined;
  side.value = 'A';
}

/** A turned into B, and B into A. */
export function swapClasses(): void {
  const [a, b] = [indexA.value, classB.value];
  if (a === undefined || b === undefined) return;
  batch(() => {
    classA.value = b;
    classB.value = a;
  });
}
