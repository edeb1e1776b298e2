import { resolve } from 'node:path';
import { CamError } from '../../errors.js';
import { type ColorMapName, colorMapNames } from '../../image/colormap-names.js';
import { defaultMethodNames, expectMethodName } from '../../methods/names.js';
import type { BakeTarget } from '../../onnx/index.js';
import type { TargetSpec } from '../../targets/index.js';
import type { Shard, TargetOption } from '../inputs/jobs.js';
import { pictureFormats } from '../outputs/encode.js';

/**
 * Parsers of option values. Each throws `CamError` `option` with the option's name, the expected value and
 * the actual one.
 */

function refuse(option: string, expected: string, got: string): never {
  throw new CamError('option', `${option}: expected ${expected}, got "${got}".`);
}

export const formats = [...pictureFormats, 'poster', 'npy', 'json', 'html'] as const;
export type Format = (typeof formats)[number];

export const scores = ['logit', 'probability'] as const;
export const activations = ['softmax', 'sigmoid', 'none'] as const;
export const boxForms = ['v5', 'v8', 'detr', 'rtdetr'] as const;
export const backends = ['auto', 'wasm', 'webgpu'] as const;
export const runtimes = ['auto', 'node', 'web', 'webgpu'] as const;
export const binCounts = [32, 64, 128, 256] as const;

export const choice =
  <T extends string>(option: string, choices: readonly T[]) =>
  (text: string): T =>
    choices.find((c) => c === text) ?? refuse(option, `one of ${choices.join(', ')}`, text);

export const colormap: (text: string) => ColorMapName = choice('--colormap', colorMapNames);

export const positiveInteger =
  (option: string, why: string) =>
  (text: string): number => {
    const value = Number(text);
    return /^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)
      ? value
      : refuse(option, `a whole number of at least 1 (${why})`, text);
  };

/** A share of the work: `3/8`. */
export function shard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const found = { index: Number(index), count: Number(count) };
  return found.index >= 1 && found.index <= found.count
    ? found
    : refuse('--shard', 'i/n with i from 1 to n, as in 3/8', text);
}

export function bins(text: string): (typeof binCounts)[number] {
  return (
    binCounts.find((count) => String(count) === text) ??
    refuse('--bins', `one of ${binCounts.join(', ')}`, text)
  );
}

export function alpha(text: string): number {
  const value = Number(text);
  return text.trim() !== '' && value >= 0 && value <= 1
    ? value
    : refuse('--alpha', 'a number from 0 to 1 (opacity of the strongest heat)', text);
}

/** Values of a comma-separated list, appended to those of earlier uses of the option. */
export const list =
  (option: string) =>
  (text: string, earlier: readonly string[] = []): readonly string[] => {
    const parts = text.split(',').map((part) => part.trim());
    if (parts.includes('')) refuse(option, 'names separated by commas', text);
    return [...earlier, ...parts.filter((part) => !earlier.includes(part))];
  };

export function formatList(text: string): readonly Format[] {
  return list('--format')(text).map((name) => choice('--format', formats)(name === 'jpeg' ? 'jpg' : name));
}

/**
 * `predicted`, `top3`, a class index for all images, a list of indices (one class per image), a label, or one
 * of the targets that are no class: `value:J`, `pixels:CLASS`, `box:K`, `like:FILE`. Labels may contain
 * commas, so only a list of integers is split.
 */
export function target(text: string, earlier: readonly TargetOption[] = []): readonly TargetOption[] {
  const parts = text.split(',').map((part) => part.trim());
  const wholeNumbers = parts.every((part) => /^\d+$/.test(part));
  const numbers = parts.map(Number);
  const label: TargetSpec = text.trim().replace(/^top[ _-]?(?=\d+$)/i, 'top');
  if (label === '') refuse('--target', 'predicted, top3, a class index, a list of them, or a label', text);
  if (/^top0+$/.test(label)) refuse('--target', 'at least one class, as in top3', text);
  if (/^-\d+$/.test(label)) refuse('--target', 'a class index of at least 0', text);
  const [, word, rest] = /^(value|pixels|box)(?::(.*))?$/.exec(label) ?? [];
  if (word === 'value' && rest !== undefined && !/^\d+$/.test(rest))
    refuse('--target', 'value, or value:J with the number J of the output', text);
  if (word === 'box' && !/^\d+$/.test(rest ?? '')) refuse('--target', 'box:K, as in box:0 (the best)', text);
  if (word === 'pixels' && !rest) refuse('--target', 'pixels:CLASS, as in pixels:3 or pixels:road', text);
  return [...earlier, wholeNumbers ? (numbers.length === 1 ? numbers[0] : numbers) : label];
}

/** What a baked model explains. */
export function bakeTarget(text: string): BakeTarget {
  if (text === 'predicted' || text === 'input' || /^value(:\d+)?$/.test(text)) return text as BakeTarget;
  return refuse('--target', 'predicted, input or value:J; other targets are explained by "explain"', text);
}

/** Further inputs of the model, `NAME=FILE`, by name. */
export function input(
  text: string,
  earlier: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) refuse('--input', 'NAME=FILE, as in depth=depth.npy', text);
  return { ...earlier, [text.slice(0, at)]: resolve(text.slice(at + 1)) };
}

/** Methods, and what happens to a method that the model cannot serve. */
export interface ChosenMethods {
  readonly names: readonly string[];
  /** `error` for methods that were requested by name; `skip` for the default methods and for `all`. */
  readonly unservable: 'error' | 'skip';
}

/** The methods that were requested, else the default ones. */
export function chosenMethods(
  requested: readonly string[] | undefined,
  known: readonly string[],
): ChosenMethods {
  if (!requested)
    return { names: defaultMethodNames.filter((name) => known.includes(name)), unservable: 'skip' };
  return { names: methodNames(requested, known), unservable: requested.includes('all') ? 'skip' : 'error' };
}

/** The methods that names mean; `all` means all of them. `GradCAM` is understood as `grad-cam`. */
export function methodNames(requested: readonly string[], known: readonly string[]): readonly string[] {
  const meant = requested
    .filter((name) => name !== 'all')
    .map((name) => expectMethodName('--method', name, known, ' or all'));
  return requested.includes('all') ? known : [...new Set(meant)];
}

/** The method that a name means, among those of a command. */
export const methodName =
  <Name extends string>(known: readonly Name[]) =>
  (text: string): Name =>
    expectMethodName('--method', text, known);
