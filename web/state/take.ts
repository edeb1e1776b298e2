/** Takes what is dropped, pasted or chosen. */
import { signal } from '@preact/signals';
import { readDropped } from '../files/dropped.js';
import { readModel, readWeights, sortFiles } from '../files/sort.js';
import { stopCamera } from './camera.js';
import { isLive } from './explaining.js';
import { addSettings, chosen, openModel, refusedModel } from './model.js';
import { fail, forgetErrors, say } from './notices.js';
import { addPictures } from './pictures.js';

/** Models that were dropped together: which of them is to be opened? */
export const modelChoice = signal<
  { readonly names: readonly string[]; readonly choose: (position: number | undefined) => void } | undefined
>(undefined);

/** How many drops, pastes and choices are being read. */
export const taking = signal(0);

/** Files of weights that came before their model. */
let early: readonly File[] = [];

/** What of files there is to take; what there is not is said. Resolves when it has been opened or shown. */
export async function take(files: readonly File[]): Promise<void> {
  if (files.length === 0) return;
  forgetErrors();
  taking.value++;
  try {
    const { pictures, models, settings, weights } = await sortFiles(files, refusedModel() !== undefined);
    // A picture shows at once, whatever the model is at.
    if (pictures.length > 0) await showPicturesOf(pictures);
    const file = models.length > 1 ? await askWhich(models) : models[0];
    if (file) {
      await openModel({ file: await readModel(file, [...early, ...weights]), settings });
      if (chosen.value?.model.file.name === file.name) early = [];
    } else if (models.length === 0) {
      if (weights.length > 0) await takeWeights(weights);
      if (settings.labels || settings.preprocessing) await addSettings(settings);
    }
  } catch (error) {
    fail(error);
  } finally {
    taking.value--;
  }
}

/** Takes what a drag or the clipboard holds: files, or a picture of another page. */
export async function takeDropped(transfer: DataTransfer | null): Promise<void> {
  taking.value++;
  try {
    await take(await readDropped(transfer));
  } catch (error) {
    fail(error);
  } finally {
    taking.value--;
  }
}

async function showPicturesOf(files: readonly File[]): Promise<void> {
  if (isLive.value) stopCamera();
  await addPictures(files);
}

function askWhich(models: readonly File[]): Promise<File | undefined> {
  return new Promise((resolve) => {
    modelChoice.value = {
      names: models.map(({ name }) => name),
      choose: (position) => {
        modelChoice.value = undefined;
        resolve(position === undefined ? undefined : models[position]);
      },
    };
  });
}

/** Weights alone: of the model that could not be opened without them, or of one that is still to come. */
async function takeWeights(files: readonly File[]): Promise<void> {
  const model = refusedModel();
  if (!model) {
    early = [...early.filter(({ name }) => !files.some((file) => file.name === name)), ...files];
    say(`${files.map(({ name }) => name).join(', ')}: kept for its model. Drop the .onnx file too.`);
    return;
  }
  const names = new Set(files.map(({ name }) => name));
  const others = (model.file.externalData ?? []).filter(({ path }) => !names.has(path));
  const externalData = [...others, ...(await readWeights(files))];
  await openModel({ ...model, file: { ...model.file, externalData } });
}
