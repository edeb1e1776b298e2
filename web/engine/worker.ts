/** The explainer, off the page's thread: a run of ONNX Runtime blocks the thread that it is called on. */
import { CamError, type Picture } from '../../src/index.js';
import type { Baked } from '../share/baked.js';
import { Covering } from './covering.js';
import { curveOf } from './curve.js';
import { explain } from './explaining.js';
import { type OpenModel, openModel } from './opening.js';
import type {
  Answers,
  BakeRequest,
  FromWorker,
  Opened,
  OpenRequest,
  Progress,
  Request,
  Scored,
  ScoreRequest,
  Seen,
  SeeRequest,
  ToWorker,
} from './protocol.js';

// What the explainer loads only where it needs it: here with the page, which asks its server for nothing
// afterwards.
void import('../../src/backends/wasm.js');
void import('../../src/backends/webgpu.js');
void import('../../src/onnx/gradient.js');
const baking = import('../share/baked.js');

interface Task {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  /** The picture that the request is about. */
  readonly picture?: { readonly id: number; readonly pixels: Picture };
}

let open: OpenModel | undefined;
/** What works with the model that is open: it is closed once all of it has ended. */
let working = new Set<Promise<unknown>>();
let picture: Task['picture'];
let covering:
  | { readonly model: OpenModel; readonly picture: Task['picture']; readonly made: Covering }
  | undefined;

async function openRequested(request: OpenRequest, { picture }: Task): Promise<Opened> {
  const file = request.model ?? expectOpen().file;
  const made = await openModel(file, request, picture?.pixels);
  const former = { open, working };
  open = made.open;
  working = new Set();
  // Not waited for: what was asked of the model before may take long to stop.
  void Promise.allSettled(former.working).then(() => former.open?.explainer.dispose());
  return made.opened;
}

function expectOpen(): OpenModel {
  if (!open) throw new Error('No model is open yet.');
  return open;
}

function expectPicture({ picture }: Task): NonNullable<Task['picture']> {
  if (!picture) throw new Error('The picture has not arrived.');
  return picture;
}

function coveringOf(task: Task): Covering {
  const [model, picture] = [expectOpen(), expectPicture(task)];
  if (covering?.model !== model || covering.picture !== picture)
    covering = { model, picture, made: new Covering(picture.pixels, model.explainer.preprocessing) };
  return covering.made;
}

async function score({ mask, fill }: ScoreRequest, task: Task): Promise<Scored> {
  const start = performance.now();
  const covering = coveringOf(task);
  const [, height, width] = covering.tensor.shape;
  if (mask.length !== height * width) throw new Error('The mask is of another model.');
  const covered = covering.covered(mask, fill);
  const { signal } = task;
  const { probabilities } = await expectOpen().explainer.explain(covered, { methods: [], signal });
  return { probabilities, milliseconds: performance.now() - start };
}

function see({ fill }: SeeRequest, task: Task): Seen {
  const covering = coveringOf(task);
  return { picture: covering.pixels(covering.tensor), cover: covering.pixels(covering.baseline(fill).image) };
}

async function bake({ method }: BakeRequest): Promise<Baked> {
  const { file, explainer } = expectOpen();
  const { preprocessing, scores, layers } = explainer;
  const [{ name: layer }] = layers;
  const { bakeModel } = await baking;
  return bakeModel(file, { method, layer, preprocessing, output: scores.graphOutput });
}

async function answer(request: Request, task: Task): Promise<Answers[keyof Answers]> {
  switch (request.kind) {
    case 'open':
      return openRequested(request, task);
    case 'explain':
      return explain(expectOpen().explainer, expectPicture(task).pixels, request, task);
    case 'score':
      return score(request, task);
    case 'curve':
      return curveOf(expectOpen().explainer, coveringOf(task), request, task);
    case 'see':
      return see(request, task);
    case 'bake':
      return bake(request);
  }
}

/** The picture of a request. Its pixels come once; they are kept until those of another come. */
function pictureOf(request: Request): Task['picture'] {
  const asked =
    request.kind === 'open' ? request.first?.picture : 'picture' in request ? request.picture : undefined;
  if (asked?.pixels) picture = { id: asked.id, pixels: asked.pixels };
  return picture?.id === asked?.id ? picture : undefined;
}

/** The answer; what has begun keeps its model open until it ends. */
function tracked(request: Request, task: Task): Promise<Answers[keyof Answers]> {
  const answered = answer(request, task);
  if (request.kind === 'open') return answered;
  const own = working;
  own.add(answered);
  const ended = () => own.delete(answered);
  answered.then(ended, ended);
  return answered;
}

const stops = new Map<number, AbortController>();
/** Models open one after the other; all else works with the one that was open when it came. */
let opening: Promise<unknown> = Promise.resolve();

const tell = (message: FromWorker): void => postMessage(message);
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if ('cancel' in data) return stops.get(data.cancel)?.abort();
  const { id, request } = data;
  const stop = new AbortController();
  stops.set(id, stop);
  const task: Task = {
    signal: stop.signal,
    picture: pictureOf(request),
    progress: (progress) => {
      if (!stop.signal.aborted) tell({ id, progress });
    },
  };
  const begun = opening.then(() => tracked(request, task));
  if (request.kind === 'open') opening = begun.catch(() => {});
  begun
    .then(
      (value) => tell({ id, value }),
      (error: unknown) =>
        tell({
          id,
          failure: { message: textOf(error), code: error instanceof CamError ? error.code : undefined },
        }),
    )
    .finally(() => stops.delete(id));
});
