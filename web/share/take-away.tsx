/** What the page shows, to keep and to pass on. */
import { type ReadonlySignal, useSignal } from '@preact/signals';
import { type BakedMethodName, bakedMethods } from '../../src/onnx/index.js';
import { download } from '../dom.js';
import { title } from '../state/method-list.js';
import { type Baked, canBeBaked } from './baked.js';
import { stemOf } from './code.js';
import { CodeDialog } from './code-dialog.js';
import { htmlOf, posterOf } from './files.js';
import { bakedName, type Shared } from './shared.js';

export interface TakeAwayProps {
  /** `undefined` while there is no map. */
  readonly shared: ReadonlySignal<Shared | undefined>;
  /** Bakes the model that is open. */
  readonly bake: (method: BakedMethodName) => Promise<Baked>;
  readonly say: (text: string) => void;
  readonly fail: (error: unknown) => void;
}

export function TakeAway({ shared, bake, say, fail }: TakeAwayProps) {
  const busy = useSignal(false);
  const isCodeOpen = useSignal(false);
  const now = shared.value;
  const idle = now !== undefined && !busy.value;

  /** One at a time; what goes wrong is said. */
  const take = (act: (taken: Shared) => Promise<void>) => async () => {
    if (!now || busy.value) return;
    busy.value = true;
    try {
      await act(now);
    } catch (error) {
      fail(error);
    } finally {
      busy.value = false;
    }
  };
  const poster = take(async (taken) => download(await posterOf(taken), `${stemOf(taken.name)}.poster.png`));
  const page = take(async (taken) => download(await htmlOf(taken), `${stemOf(taken.name)}.html`));
  const model = take(async (taken) => {
    if (!canBeBaked(taken.method)) throw new Error(notBaked(taken.method));
    const { bytes, beside } = await bake(taken.method);
    download(new Blob([new Uint8Array(bytes)]), bakedName(taken));
    if (beside.length > 0) say(`Its weights stay in ${beside.join(', ')}: keep them beside it.`);
  });

  const refusal = now && !canBeBaked(now.method) && notBaked(now.method);
  return (
    <div class="take-away" aria-busy={busy.value}>
      <button type="button" disabled={!idle} onClick={poster}>
        Poster, PNG
      </button>
      <button type="button" disabled={!idle} onClick={page}>
        One HTML file
      </button>
      <button type="button" disabled={!idle} aria-haspopup="dialog" onClick={() => (isCodeOpen.value = true)}>
        Copy as code
      </button>
      <button type="button" disabled={!idle || Boolean(refusal)} onClick={model}>
        Model with its explanation
      </button>
      {refusal && <p class="hint">{refusal}</p>}
      {now && isCodeOpen.value && (
        <CodeDialog shared={now} bake={bake} close={() => (isCodeOpen.value = false)} />
      )}
    </div>
  );
}

const notBaked = (method: string): string =>
  `${title(method)} cannot be built into a model: it takes many passes. These can: ${Object.keys(bakedMethods).map(title).join(', ')}.`;
