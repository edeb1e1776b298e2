/** How the picture becomes the network's input: what it sees, what was assumed, and all of it to be changed. */
import { useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Preprocessing } from '../../src/index.js';
import { paint } from '../dom.js';
import {
  editPreprocessing,
  opened,
  type PreprocessingOrigin,
  preprocessing,
  preprocessingOrigin,
} from '../state/model.js';
import { seen } from '../state/scoring.js';
import { PreprocessingForm } from './preprocessing-form.js';

const origins: Readonly<Record<PreprocessingOrigin, string>> = {
  edited: 'yours',
  file: 'from a file',
  model: 'from the model',
  guessed: 'guessed: ImageNet',
};

function Seen() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useSignalEffect(() => {
    if (canvas.current && seen.value) paint(canvas.current, seen.value);
  });
  return <canvas ref={canvas} class="seen" role="img" aria-label="The picture as the network sees it" />;
}

const numbers = (values: readonly number[]): string =>
  [...new Set(values)].map((value) => String(Math.round(1000 * value) / 1000)).join(' ');

/** In a line or two. */
function summary({ resize, size, mean, std, channels, scale }: Preprocessing): string {
  const crop = resize === 'exact' ? 'whole picture' : 'centre crop';
  const range = scale === 1 ? ' of 0..255' : '';
  return `${crop}, ${size[1]} × ${size[0]}, ${channels}; mean ${numbers(mean)}, std ${numbers(std)}${range}`;
}

export function PreprocessingPanel() {
  const isOpen = useSignal(false);
  const [now, origin] = [preprocessing.value, preprocessingOrigin.value];
  if (!now || !origin) return null;
  return (
    <section class="group" aria-labelledby="preprocessing-title">
      <h2 id="preprocessing-title">What it sees</h2>
      <div class="sees">
        <Seen />
        <div>
          <span
            id="preprocessing-origin"
            class="chip"
            data-origin={origin}
            title={opened.value?.preprocessingSource}
          >
            {origins[origin]}
          </span>
          <p class="hint">{summary(now)}</p>
        </div>
      </div>
      <p class="row">
        <button
          type="button"
          class="quiet"
          id="edit-preprocessing"
          aria-expanded={isOpen.value}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          {isOpen.value ? 'Close' : 'Change…'}
        </button>
        {origin === 'edited' && (
          <button type="button" class="quiet" onClick={() => void editPreprocessing(undefined)}>
            Undo the changes
          </button>
        )}
      </p>
      {isOpen.value && <PreprocessingForm now={now} />}
    </section>
  );
}
