/** The methods that are asked for, as a strip of small maps. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { duration } from '../dom.js';
import type { Shown } from '../files/shown.js';
import { stop } from '../state/explaining.js';
import {
  ask,
  askedMethods,
  drop,
  type MethodResult,
  results,
  show,
  shownMethod,
  title,
} from '../state/methods.js';
import { picture } from '../state/pictures.js';
import { side } from '../state/question.js';
import { Crosshair } from './crosshair.js';
import { MapCanvas } from './map-canvas.js';
import { MethodsDialog } from './methods-dialog.js';
import { shownMap } from './shown-map.js';

const smallCopy = ({ small }: Shown) => small;

/** `about 40 s`, `about 3 min`. */
function about(seconds: number): string {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`;
  return `about ${Math.round(seconds / 60)} min`;
}

/** What a tile says below its name. */
function stateOf(result: MethodResult | undefined, label: string | undefined, isAgnostic: boolean): string {
  if (!result) return '';
  const { state, passes, total, secondsLeft, reason } = result;
  switch (state) {
    case 'waiting':
      return 'waits';
    case 'running':
      if (passes === undefined || total === undefined) return 'computing …';
      return [`${passes} / ${total} passes`, ...(secondsLeft === undefined ? [] : [about(secondsLeft)])].join(
        ', ',
      );
    case 'stopped':
      return passes !== undefined && total !== undefined ? `stopped at ${passes} / ${total}` : 'stopped';
    case 'refused':
    case 'failed':
      return reason ?? 'no map';
    case 'done':
      return isAgnostic ? 'same for every class' : (label ?? '');
  }
}

function Tile({ method }: { readonly method: string }) {
  const tile = useRef<HTMLLIElement>(null);
  const isShown = shownMethod.value === method;
  const result = results.value[method];
  const map = shownMap(result, side.value, picture.value?.id);
  const state = result?.state ?? 'waiting';
  const isAgnostic = map?.maps.every(({ classAgnostic }) => classAgnostic) === true;
  const isLong = state === 'running' && result?.total !== undefined;
  useEffect(() => {
    if (isShown || isLong) tile.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [isShown, isLong]);
  const notes = map?.maps.flatMap(({ diagnostics }) => diagnostics) ?? [];
  const time = map?.maps.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return (
    <li
      ref={tile}
      class="tile"
      data-method={method}
      data-state={state}
      aria-busy={state === 'running' || state === 'waiting'}
    >
      <button
        type="button"
        class="choose"
        aria-pressed={isShown}
        aria-label={`Show ${title(method)} large`}
        onClick={() => show(method)}
      >
        <span class="small-map">
          <MapCanvas method={method} copyOf={smallCopy} />
          <Crosshair />
        </span>
      </button>
      <div class="about">
        {isLong && (
          <progress
            value={result?.passes ?? 0}
            max={result?.total}
            aria-label={`Passes of ${title(method)}`}
          />
        )}
        <p class="name">
          <b>{title(method)}</b>
          {time !== undefined && state === 'done' && (
            <span class="number" title="Time of this method alone, without the forward pass that all share">
              {duration(time)}
            </span>
          )}
        </p>
        <p class="state" title={stateOf(result, map?.label, isAgnostic)}>
          {stateOf(result, map?.label, isAgnostic)}
        </p>
        {notes.length > 0 && (
          <p class="note" title={notes.join(' ')}>
            {notes.join(' ')}
          </p>
        )}
      </div>
      {state === 'running' && isLong && (
        <button
          type="button"
          class="quiet act"
          aria-label={`Stop ${title(method)}`}
          onClick={() => stop(method)}
        >
          Stop
        </button>
      )}
      {(state === 'stopped' || state === 'failed') && (
        <button
          type="button"
          class="quiet act"
          aria-label={`Run ${title(method)} again`}
          onClick={() => ask(method)}
        >
          Again
        </button>
      )}
      {askedMethods.value.length > 1 && (
        <button
          type="button"
          class="quiet remove"
          aria-label={`Remove ${title(method)}`}
          title={`Remove ${title(method)}`}
          onClick={() => drop(method)}
        >
          ×
        </button>
      )}
    </li>
  );
}

export function Strip() {
  const isOpen = useSignal(false);
  const isBusy = askedMethods.value.some((method) => {
    const state = results.value[method]?.state;
    return state === undefined || state === 'waiting' || state === 'running';
  });
  return (
    <section class="methods" aria-label="Methods">
      <ul id="tiles" class="strip" aria-busy={isBusy}>
        {askedMethods.value.map((method) => (
          <Tile key={method} method={method} />
        ))}
        <li class="tile more">
          <button
            type="button"
            class="choose"
            aria-haspopup="dialog"
            onClick={() => {
              isOpen.value = true;
            }}
          >
            <span class="plus" aria-hidden="true">
              +
            </span>
            <span class="name">More methods</span>
          </button>
        </li>
      </ul>
      {isOpen.value && (
        <MethodsDialog
          close={() => {
            isOpen.value = false;
          }}
        />
      )}
    </section>
  );
}
