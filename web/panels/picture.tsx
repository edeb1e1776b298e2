/** The picture, the others of the filmstrip, and where further ones come from. */
import { useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { paint } from '../dom.js';
import type { Shown } from '../files/shown.js';
import { frameRate, startCamera, stopCamera } from '../state/camera.js';
import { isLive } from '../state/explaining.js';
import { choosePicture, current, pictures, removePicture } from '../state/pictures.js';
import { take } from '../state/take.js';

function Frame({ shown, position }: { readonly shown: Shown; readonly position: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painted = useRef<Shown>();
  useSignalEffect(() => {
    const now = pictures.value[position];
    if (!canvas.current || !now || painted.current === now) return;
    painted.current = now;
    paint(canvas.current, now.small);
  });
  const isCurrent = current.value === position;
  return (
    <li>
      <button
        type="button"
        class="frame"
        aria-pressed={isCurrent}
        aria-label={shown.name}
        title={shown.name}
        onClick={() => choosePicture(position)}
        onKeyDown={({ key }) => key === 'Delete' && removePicture(position)}
      >
        <canvas ref={canvas} role="img" aria-label={shown.stem} />
      </button>
      {isCurrent && pictures.value.length > 1 && shown.from === 'file' && (
        <button
          type="button"
          class="remove"
          aria-label={`Remove ${shown.name}`}
          title={`Remove ${shown.name}`}
          onClick={() => removePicture(position)}
        >
          ×
        </button>
      )}
    </li>
  );
}

export function PicturePanel() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <section class="group" aria-labelledby="picture-title">
      <h2 id="picture-title">Picture</h2>
      <ul class="film" id="film">
        {pictures.value.map((shown, position) => (
          // A camera's frames follow each other in one place.
          <Frame key={shown.from === 'camera' ? 'camera' : shown.id} shown={shown} position={position} />
        ))}
      </ul>
      <p class="row">
        <button type="button" id="choose-picture" onClick={() => input.current?.click()}>
          Choose…
        </button>
        <button
          type="button"
          id="camera"
          aria-pressed={isLive.value}
          onClick={() => (isLive.value ? stopCamera() : void startCamera())}
        >
          Camera
        </button>
        <output id="fps" class="number" aria-label="Frames per second">
          {frameRate.value === undefined ? '' : `${frameRate.value.toFixed(1)} fps`}
        </output>
      </p>
      <p class="hint drop-hint">Or drop pictures and models anywhere, or paste a picture.</p>
      <input
        ref={input}
        id="picture-file"
        type="file"
        accept="image/*"
        multiple
        hidden
        aria-label="Pictures"
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = ''; // so that the same file can be chosen again
          void take(files);
        }}
      />
    </section>
  );
}
