/** Options that exist, and what their values have to be: everything else is refused by name. */
import { CamError } from '../errors.js';
import { validatePreprocessing } from '../image/index.js';
import { described, expectOptions, type OptionKinds } from '../names.js';
import type { Preprocessing } from '../types.js';
import type { ExplainerOptions, ExplainOptions } from './options.js';

const explainerOptions: OptionKinds<ExplainerOptions> = {
  methods: 'array',
  layers: 'array',
  backend: ['auto', 'wasm', 'webgpu'],
  runtime: ['auto', 'node', 'web', 'webgpu'],
  preprocessing: 'object',
  preprocessingSource: 'string',
  labels: 'array',
  labelsSource: 'string',
  target: 'any',
  picture: 'string',
  inputs: 'object',
  boxes: ['v5', 'v8', 'detr', 'rtdetr'],
  output: 'string',
  activation: ['softmax', 'sigmoid', 'none'],
  activationSource: 'string',
  score: ['logit', 'probability'],
  closedForms: 'boolean',
  unservable: ['error', 'skip'],
  calm: 'object',
  eigenSmooth: 'boolean',
  threads: 'number',
  sessionFactory: 'any',
  onNotice: 'function',
};

const calmOptions: OptionKinds<NonNullable<ExplainerOptions['calm']>> = {
  scores: 'string',
  attention: 'string',
};

const preprocessingOptions: OptionKinds<Preprocessing> = {
  size: 'array',
  resize: 'string',
  shortestEdge: 'number',
  stretchedSize: 'array',
  interpolation: 'string',
  mean: 'array',
  std: 'array',
  scale: 'number',
  channels: 'string',
};

const explainOptions: OptionKinds<ExplainOptions> = {
  methods: 'array',
  augment: 'boolean',
  target: 'any',
  targets: 'array',
  rows: 'array',
  batch: 'number',
  onError: 'function',
  onProgress: 'function',
  signal: 'object',
};

/**
 * The options of a call that opens an explainer and explains.
 * @throws {CamError} `option`
 */
export const expectCallOptions = (options: unknown): void =>
  expectOptions('explain', options, { ...explainOptions, ...explainerOptions });

function expectStrings(where: string, values: readonly unknown[]): void {
  const at = values.findIndex((value) => typeof value !== 'string');
  if (at >= 0)
    throw new CamError(
      'option',
      `createExplainer: ${where}: expected strings, got ${described(values[at])} at ${at}.`,
    );
}

/**
 * The options of an explainer with a whole `preprocessing`.
 * @throws {CamError} `option`
 */
export function expectExplainerOptions<Options extends ExplainerOptions>(options: Options): Options {
  expectOptions('createExplainer', options, explainerOptions);
  const { calm, labels, layers, preprocessing, sessionFactory } = options;
  if (calm) expectOptions('createExplainer: calm', calm, calmOptions);
  if (labels) expectStrings('labels', labels);
  if (layers) expectStrings('layers', layers);
  if (sessionFactory !== undefined && typeof Object(sessionFactory).create !== 'function')
    throw new CamError(
      'option',
      `createExplainer: sessionFactory: expected an object with create(bytes, options), got ${described(sessionFactory)}.`,
    );
  if (!preprocessing) return options;
  expectOptions('createExplainer: preprocessing', preprocessing, preprocessingOptions);
  return { ...options, preprocessing: validatePreprocessing('preprocessing', preprocessing) };
}

/** @throws {CamError} `option` */
export function expectExplainOptions(where: 'explain' | 'stream', options: ExplainOptions): void {
  expectOptions(where, options, explainOptions);
  const { batch, signal } = options;
  if (batch !== undefined && !(Number.isInteger(batch) && batch >= 1))
    throw new CamError('option', `batch: expected a whole number of at least 1, got ${batch}.`);
  if (signal && typeof signal.throwIfAborted !== 'function')
    throw new CamError('option', `${where}: signal: expected an AbortSignal, got ${described(signal)}.`);
}
