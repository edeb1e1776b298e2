/** What the model says of the picture with its pixels covered: one forward pass, the newest first. */
import { batch, computed, effect, signal, untracked } from '@preact/signals';
import type { Picture } from '../../src/index.js';
import type { CurvePoints, Fill, Progress } from '../engine/protocol.js';
import type { Shown } from '../files/shown.js';
import { direction, fill, forgetStrokes, heat, mask } from './cover.js';
import { engine } from './engine.js';
import { isLive } from './explaining.js';
import { latest } from './latest.js';
import { mode } from './look.js';
import { opened } from './model.js';
import { fail, isAbort } from './notices.js';
import { picture } from './pictures.js';
import { baseline, classB, coveredScores, indexA } from './question.js';

/** Curves of the map on the stage, and of the same in random order. */
export const curve = signal<CurvePoints | undefined>(undefined);
export const randomCurve = signal<CurvePoints | undefined>(undefined);

/** The picture that the network sees, as pixels. */
export const seen = signal<Picture | undefined>(undefined);
/** What covers it: a pixel that is covered is this one's. */
export const coverPicture = signal<Picture | undefined>(undefined);

/** What `coveredScores` are of. */
const scored = signal<Uint8Array | undefined>(undefined);
/** Whether the scores are those of what is covered now. */
export const isScored = computed(() => scored.value === mask.value);

const named = ({ id, picture }: Shown) => ({ id, pixels: picture });

const score = latest(async () => {
  const [open, shown, covered, filled] = [opened.value, picture.value, mask.value, fill.value];
  if (!open || !shown || !covered || isLive.value) {
    batch(() => {
      coveredScores.value = undefined;
      scored.value = undefined;
    });
    return;
  }
  const isOld = () =>
    open !== opened.value || shown !== picture.value || filled !== fill.value || !mask.value;
  const asking = engine().ask({ kind: 'score', picture: named(shown), mask: covered, fill: filled });
  const answer = await asking.catch((error: unknown) => {
    if (!isOld()) throw error;
  });
  // Of another picture, model or fill by now: the run that follows this one has the right one.
  if (!answer || isOld()) return;
  batch(() => {
    coveredScores.value = answer.probabilities;
    scored.value = covered;
  });
});

let stopCurves = new AbortController();

async function drawCurves(): Promise<void> {
  stopCurves.abort();
  stopCurves = new AbortController();
  const { signal } = stopCurves;
  const [shown, saliency, a, b] = [picture.value, heat.value, indexA.value, classB.value];
  if (!shown || !saliency || a === undefined) return;
  const classes = b === undefined ? [a] : [a, b];
  const base = {
    kind: 'curve',
    picture: named(shown),
    direction: direction.value,
    fill: fill.value,
    classes,
  } as const;
  const into = (target: typeof curve) => (points: Progress) => {
    if ('fractions' in points) target.value = points;
  };
  curve.value = await engine().ask({ ...base, saliency }, { signal, onProgress: into(curve) });
  randomCurve.value = await engine().ask(base, { signal, onProgress: into(randomCurve) });
}

async function look(shown: Shown, filled: Fill): Promise<void> {
  const answer = await engine().ask({ kind: 'see', picture: named(shown), fill: filled });
  if (shown !== picture.value || filled !== fill.value) return;
  seen.value = answer.picture;
  coverPicture.value = answer.cover;
}

const attempt = (task: Promise<void>): void => {
  task.catch((error: unknown) => {
    if (!isAbort(error)) fail(error);
  });
};

/** Curves wait for the first maps. */
const isReady = computed(() => mode.value === 'cover' && !isLive.value && baseline.value !== undefined);

/** Starts to answer what is covered. */
export function startScoring(): () => void {
  const ends = [
    effect(() => {
      void picture.value;
      untracked(forgetStrokes);
    }),
    effect(() => {
      void [opened.value, picture.value, mask.value, fill.value, isLive.value];
      untracked(() => {
        scored.value = undefined;
        attempt(score());
      });
    }),
    effect(() => {
      const wanted = isReady.value;
      void [opened.value, picture.value, heat.value, direction.value, fill.value, indexA.value, classB.value];
      untracked(() => {
        curve.value = undefined;
        randomCurve.value = undefined;
        stopCurves.abort();
        if (wanted) attempt(drawCurves());
      });
    }),
    effect(() => {
      const [open, shown, filled, live] = [opened.value, picture.value, fill.value, isLive.value];
      untracked(() => {
        seen.value = undefined;
        if (open && shown && !live) attempt(look(shown, filled));
      });
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}
