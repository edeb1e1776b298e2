/** The page: what is dropped, chosen and pressed goes to the session; its answers go to the screen. */
import { type ColorMapName, colorMap, colorMapNames, parseModelSettings } from '../src/index.js';
import { Camera } from './camera.js';
import { ClassList } from './classes.js';
import { download, duration, element, make } from './dom.js';
import { listMethods } from './methods.js';
import { sortFiles } from './model-files.js';
import { paint, readPicture, type Shown } from './picture.js';
import { posterOf } from './poster.js';
import { listSamples } from './samples.js';
import { type Answer, type LoadedModel, Session } from './session.js';
import { type Look, Tiles } from './tiles.js';

const START = ['mi-cam', 'eigen-cam', 'grad-cam', 'layer-cam'];

const status = element('status', HTMLParagraphElement);
const grid = element('tiles', HTMLDivElement);
const preview = element('preview', HTMLCanvasElement);
const tiles = new Tiles(grid);
const classes = new ClassList(element('classes', HTMLDivElement), (index) =>
  update(() => session.explainClass(index)),
);

const opacity = element('opacity', HTMLInputElement);
const colours = element('colormap', HTMLSelectElement);
const boxes = element('boxes', HTMLInputElement);
const layers = element('layer', HTMLSelectElement);
const compute = element('compute', HTMLSelectElement);
const birdsAgain = element('default-model', HTMLButtonElement);

const look = (): Look => ({
  alpha: Number(opacity.value) / 100,
  colormap: colorMapNames.find((name) => name === colours.value) ?? 'turbo',
  boxes: boxes.checked,
});

function showError(error: unknown): void {
  element('error-text', HTMLParagraphElement).textContent =
    error instanceof Error ? error.message : String(error);
  element('error', HTMLDivElement).hidden = false;
}

let pending = 0;

/** Does what was asked for; what goes wrong is said, and the page stays as it was. */
async function attempt(action: () => Promise<unknown>): Promise<void> {
  element('error', HTMLDivElement).hidden = true;
  try {
    await action();
    await drawn;
  } catch (error) {
    showError(error);
    showChoices();
  }
}

/** `attempt` with the maps marked as not being of now. */
async function update(action: () => Promise<unknown>): Promise<void> {
  pending++;
  grid.ariaBusy = 'true';
  await attempt(action);
  pending--;
  grid.ariaBusy = String(pending > 0);
}

let newest: Answer | undefined;
/** What is on the screen. */
let onScreen: Answer | undefined;
let drawn = Promise.resolve();

/** Has the newest answer drawn with the next frame; meanwhile the worker has the next picture. */
function present(answer: Answer): void {
  const waiting = newest !== undefined;
  newest = answer;
  if (waiting) return;
  drawn = new Promise(requestAnimationFrame).then(() => {
    const last = newest;
    newest = undefined;
    if (last) showAnswer(last);
  });
}

function showAnswer(answer: Answer): void {
  onScreen = answer;
  const { explanation, opened, shown, choices } = answer;
  const { target, maps } = explanation;
  const label = target.label ?? `class ${target.index}`;
  const scene = { shown, preprocessing: opened.preprocessing, label };
  tiles.show(choices.methods, maps, opened.refused, scene, look());
  classes.show(answer.top, target.index);
  paint(preview, shown.small);
  preview.ariaLabel = `${shown.stem}, seen as ${label}`;
  const { runtime, threads, device, backend } = opened;
  const count = runtime.endsWith('wasm') ? `, ${threads} thread${threads > 1 ? 's' : ''}` : '';
  element('engine', HTMLParagraphElement).textContent =
    `Kernels ${backend === 'webgpu' ? 'WebGPU' : 'WebAssembly'} (${device}) · Model ${runtime}${count}`;
  if (!camera.running)
    status.textContent = `${shown.stem}: explained in ${duration(answer.milliseconds)}, on the screen ${duration(performance.now() - answer.arrived)} after it was asked for.`;
  if (shownChoices !== choices) showChoices(answer);
}

let shownChoices: Session['choices'] | undefined;

/** The settings as they are; after a change that failed, as they were. */
function showChoices(answer?: Answer): void {
  const { model, layer, methods, compute: chosen } = session.choices;
  shownChoices = session.choices;
  compute.value = chosen;
  for (const box of element('methods', HTMLDivElement).querySelectorAll('input'))
    box.checked = methods.includes(box.value);
  layers.value = layer ?? '';
  element('model-name', HTMLParagraphElement).textContent = model.file.name ?? 'model';
  birdsAgain.hidden = model.file === birds.file;
  if (!answer) return;
  const { opened } = answer;
  element('model-facts', HTMLParagraphElement).textContent =
    `Input ${opened.input}, ${answer.explanation.scores.length} classes, ${(model.file.bytes.length / 1e6).toFixed(1)} MB. Pictures by ${opened.preprocessingSource}.`;
  element('layer-reason', HTMLParagraphElement).textContent = [opened.reason, ...opened.remarks].join(' ');
  layers.replaceChildren(
    make('option', { value: '' }, 'Automatic'),
    ...[...opened.layers]
      .reverse()
      .map(({ name, shape }) => make('option', { value: name }, `${name} ${shape}`)),
  );
  layers.value = layer ?? '';
}

async function take(files: readonly File[]): Promise<void> {
  const arrived = performance.now();
  const { picture, model, settings } = await sortFiles(files);
  if (model) await session.choose({ model: { file: model, settings }, layer: undefined });
  else if (settings.labels || settings.preprocessing) {
    const now = session.choices.model;
    await session.choose({ model: { file: now.file, settings: { ...now.settings, ...settings } } });
  }
  if (picture) await see(await readPicture(picture, picture.name), arrived);
}

async function see(shown: Shown, arrived = performance.now()): Promise<void> {
  stopCamera();
  await session.look(shown, arrived);
}

const cameraButton = element('camera', HTMLButtonElement);
const fps = element('fps', HTMLOutputElement);
const camera = new Camera(
  (frame) => session.look(frame, performance.now()),
  (rate) => {
    fps.textContent = rate === undefined ? '' : `${rate.toFixed(1)} fps`;
  },
);

function stopCamera(): void {
  camera.stop();
  cameraButton.ariaPressed = 'false';
}

cameraButton.addEventListener('click', () => {
  if (camera.running) return stopCamera();
  cameraButton.ariaPressed = 'true';
  status.textContent = 'The camera is explained frame by frame.';
  return attempt(async () => {
    try {
      await camera.start();
    } finally {
      stopCamera();
    }
  });
});

function listenForFiles(): void {
  for (const [button, id] of [
    ['choose-picture', 'picture-file'],
    ['choose-model', 'model-file'],
  ]) {
    const input = element(id, HTMLInputElement);
    element(button, HTMLButtonElement).addEventListener('click', () => input.click());
    input.addEventListener('change', () => {
      const files = [...(input.files ?? [])];
      input.value = ''; // so that the same file can be chosen again
      void update(() => take(files));
    });
  }
  addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.dataset.dragging = '';
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) delete document.body.dataset.dragging;
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    delete document.body.dataset.dragging;
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) void update(() => take(files));
  });
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) void update(() => take(files));
  });
}

function listenForLook(): void {
  const legend = element('legend', HTMLCanvasElement);
  for (const name of colorMapNames.filter((name) => name !== 'diverging'))
    colours.append(make('option', { value: name }, name));
  let drawn = true;
  const draw = () => {
    element('opacity-value', HTMLOutputElement).textContent = `${opacity.value} %`;
    paint(legend, gradient(look().colormap));
    if (drawn)
      requestAnimationFrame(() => {
        drawn = true;
        tiles.draw(look());
      });
    drawn = false;
  };
  for (const control of [opacity, colours, boxes]) control.addEventListener('input', draw);
  draw();
}

function gradient(name: ColorMapName) {
  const table = colorMap(name);
  const data = new Uint8ClampedArray(1024).fill(255);
  for (let i = 0; i < 256; i++) data.set(table.subarray(3 * i, 3 * i + 3), 4 * i);
  return { data, width: 256, height: 1 };
}

async function loadBirds(): Promise<LoadedModel> {
  const [bytes, json] = await Promise.all(
    ['birds.onnx', 'birds.json'].map(async (file) => {
      const response = await fetch(`models/${file}`);
      if (!response.ok) throw new Error(`models/${file}: expected a file, got status ${response.status}.`);
      return response.arrayBuffer();
    }),
  );
  const settings: unknown = JSON.parse(new TextDecoder().decode(json));
  const name = 'birds.onnx';
  return {
    file: { bytes: new Uint8Array(bytes), name },
    settings: parseModelSettings('birds.json', settings, name),
  };
}

listenForFiles();
listenForLook();
const [birds, first] = await Promise.all([
  loadBirds(),
  listSamples(element('samples', HTMLFieldSetElement), (sample) => update(() => see(sample))),
]).catch((error: unknown) => {
  showError(error);
  throw error;
});
const session = new Session({ model: birds, methods: START, compute: 'auto' }, present);
listMethods(element('methods', HTMLDivElement), START, (methods) =>
  update(() => session.choose({ methods })),
);
layers.addEventListener('change', () => update(() => session.choose({ layer: layers.value || undefined })));
compute.addEventListener('change', () => {
  const value = (['auto', 'wasm', 'webgpu', 'mixed'] as const).find((name) => name === compute.value);
  return update(() => session.choose({ compute: value }));
});
birdsAgain.addEventListener('click', () => update(() => session.choose({ model: birds, layer: undefined })));
element('poster', HTMLButtonElement).addEventListener('click', () =>
  attempt(async () => {
    if (onScreen) download(await posterOf(onScreen, look()), `${onScreen.shown.stem}.poster.png`);
  }),
);
element('error-close', HTMLButtonElement).addEventListener('click', () => {
  element('error', HTMLDivElement).hidden = true;
});
await update(() => see(first));
document.body.dataset.ready = '';
