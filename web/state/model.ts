/** The model that is open, and how it is used. What does not open changes nothing. */
import { batch, computed, signal } from '@preact/signals';
import type { ModelFile, ModelSettings, Preprocessing } from '../../src/index.js';
import type { Compute, Explained, Opened, Target } from '../engine/protocol.js';
import { engine } from './engine.js';
import { latest } from './latest.js';
import { fail, forgetErrors, say } from './notices.js';
import { picture } from './pictures.js';
import { inPageWords } from './words.js';

export interface LoadedModel {
  readonly file: ModelFile;
  readonly settings: ModelSettings;
  /** Whether it comes with the page. */
  readonly bundled?: boolean;
}

interface Choices {
  readonly model: LoadedModel;
  /** Missing: chosen by the package. */
  readonly layer?: string;
  readonly compute: Compute;
  /** Given by hand; missing: by the model and its files. */
  readonly preprocessing?: Preprocessing;
}

/** What is open. */
export const chosen = signal<Choices | undefined>(undefined);
export const opened = signal<Opened | undefined>(undefined);
/** The name of the model that is being opened. */
export const opening = signal<string | undefined>(undefined);

export const model = computed(() => chosen.value?.model);
/** The layer chosen by hand. */
export const layer = computed(() => chosen.value?.layer);
export const compute = computed<Compute>(() => chosen.value?.compute ?? 'auto');
/** How pictures become inputs, wherever that is from. */
export const preprocessing = computed(() => opened.value?.preprocessing);

export type PreprocessingOrigin = 'edited' | 'file' | 'model' | 'guessed';
/** Where the preprocessing comes from: `guessed` is the ImageNet convention, which nothing says. */
export const preprocessingOrigin = computed<PreprocessingOrigin | undefined>(() => {
  const source = opened.value?.preprocessingSource;
  if (source === undefined) return undefined;
  if (chosen.value?.preprocessing) return 'edited';
  if (chosen.value?.model.settings.preprocessing) return 'file';
  return source.startsWith('the ImageNet convention') ? 'guessed' : 'model';
});

let wanted: Choices | undefined;
/** A model that could not be opened: the files of its weights may still come. */
let refused: LoadedModel | undefined;
export const refusedModel = (): LoadedModel | undefined => refused;

/** What a picture was explained with, and what came of it. */
interface First {
  readonly explained: Explained;
  readonly targets: readonly Target[];
}

/** What is explained first, with a model that is about to be taken: set by whoever explains. */
let first: () => { methods: readonly string[]; targets: readonly Target[] } = () => ({
  methods: [],
  targets: ['predicted'],
});
let taken: (first: First | undefined, isNew: boolean) => void = () => {};

/** @param answered  Gets what the new model said of the current picture, in the batch that takes it. */
export function whenOpened(ask: typeof first, answered: typeof taken): void {
  first = ask;
  taken = answered;
}

/** Of notices that stand on the page already, beside what they speak of. */
const beside = [
  ': labels: expected',
  ': labels from ImageNet (assumed',
  ': nothing says how pictures are prepared',
  ': target layer: ',
];

const reopen = latest(async () => {
  const choices = wanted;
  if (!choices || choices === chosen.value) return;
  const { model, layer, compute, preprocessing } = choices;
  const { file } = model;
  const isNew = file !== chosen.value?.model.file;
  opening.value = file.name ?? 'model';
  const shown = picture.value;
  const edited = preprocessing && { preprocessing, preprocessingSource: 'your own settings' };
  try {
    const { methods, targets: asked } = first();
    const targets: readonly Target[] = isNew ? ['predicted'] : asked;
    const answer = await engine().ask({
      kind: 'open',
      model: isNew ? file : undefined,
      layer,
      compute,
      settings: { ...model.settings, ...edited },
      first: shown && {
        picture: { id: shown.id, pixels: shown.picture },
        methods,
        targets,
      },
    });
    refused = undefined;
    batch(() => {
      chosen.value = choices;
      opened.value = answer;
      const { first: explained } = answer;
      taken(explained && shown === picture.value ? { explained, targets } : undefined, isNew);
    });
    const notices = answer.notices.filter((notice) => !beside.some((words) => notice.includes(words)));
    if (isNew) for (const notice of notices) say(inPageWords(notice));
  } catch (error) {
    if (isNew) refused = model;
    if (wanted === choices) wanted = chosen.value;
    throw error;
  } finally {
    opening.value = undefined;
  }
});

/** Changes what is open; what does not open is said, and all stays as it was. */
async function choose(change: Partial<Choices> & { readonly model?: LoadedModel }): Promise<boolean> {
  const base = wanted ?? chosen.value;
  const model = change.model ?? base?.model;
  if (!model) return false;
  const choices: Choices = { compute: 'auto', ...base, ...change, model };
  wanted = choices;
  forgetErrors();
  try {
    await reopen();
    return true;
  } catch (error) {
    fail(error);
    const former = chosen.value?.model.file.name;
    if (change.model && former !== undefined && former !== model.file.name) say(`${former} is still open.`);
    return false;
  }
}

/** Opens a model: it is taken once the current picture went through it. */
export const openModel = (loaded: LoadedModel): Promise<boolean> =>
  choose({ model: loaded, layer: undefined, preprocessing: undefined });

/** Labels or preprocessing that come after the model. */
export function addSettings(settings: ModelSettings): Promise<boolean> {
  const now = wanted?.model ?? chosen.value?.model;
  if (!now) return Promise.resolve(false);
  const model = { ...now, settings: { ...now.settings, ...settings } };
  return choose(settings.preprocessing ? { model, preprocessing: undefined } : { model });
}

/** @param name  Missing: the one that the package chooses. */
export const chooseLayer = (name: string | undefined): Promise<boolean> => choose({ layer: name });
export const chooseCompute = (compute: Compute): Promise<boolean> => choose({ compute });
/** @param edited  Missing: back to what the model and its files say. */
export const editPreprocessing = (edited: Preprocessing | undefined): Promise<boolean> =>
  choose({ preprocessing: edited });
