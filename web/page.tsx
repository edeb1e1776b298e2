/** The page's parts, in the order of the drawing: what it says, the map and its test, what the model is. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { ClassesPanel } from './panels/classes.js';
import { DepthPanel } from './panels/depth.js';
import { Header } from './panels/header.js';
import { LookPanel } from './panels/look.js';
import { ModelPanel } from './panels/model.js';
import { PicturePanel } from './panels/picture.js';
import { PreprocessingPanel } from './panels/preprocessing.js';
import { ModelChoice, Toasts } from './panels/toasts.js';
import { Cover } from './stage/cover.js';
import { Stage } from './stage/stage.js';
import { Strip } from './stage/strip.js';
import { Tools } from './stage/tools.js';
import { askedMethods, results } from './state/methods.js';
import { opening } from './state/model.js';
import { taking } from './state/take.js';

/** While something is read, opened or computed. */
function isBusy(): boolean {
  const isPending = askedMethods.value.some((method) => {
    const state = results.value[method]?.state;
    return state === undefined || state === 'waiting' || state === 'running';
  });
  return taking.value > 0 || opening.value !== undefined || isPending;
}

/** On a phone one of these is below the map. */
const tabs = ['Says', 'Cover', 'Methods', 'Model'] as const;
type Tab = (typeof tabs)[number];

export function Page({ takeAway }: { readonly takeAway: ComponentChildren }) {
  const tab = useSignal<Tab>('Says');
  return (
    <>
      <a class="skip" href="#maps">
        Skip to the map
      </a>
      <Header />
      <div class="columns" data-tab={tab.value} aria-busy={isBusy()}>
        <aside class="left" aria-label="Picture and classes">
          <PicturePanel />
          <ClassesPanel />
        </aside>
        <main id="maps" tabIndex={-1} aria-label="Map">
          <div class="held">
            <Tools />
            <Stage />
          </div>
          <nav class="tabs" aria-label="Below the map">
            {tabs.map((name) => (
              <button
                type="button"
                key={name}
                aria-pressed={tab.value === name}
                onClick={() => {
                  tab.value = name;
                }}
              >
                {name}
              </button>
            ))}
          </nav>
          <Cover />
          <Strip />
        </main>
        <aside class="right" aria-label="Model and look">
          <ModelPanel />
          <PreprocessingPanel />
          <DepthPanel />
          <LookPanel />
          {takeAway}
        </aside>
      </div>
      <Toasts />
      <ModelChoice />
    </>
  );
}
