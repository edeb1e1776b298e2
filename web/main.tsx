/** The page starts: its parts on the screen, ears for what is dropped, then the model and its pictures. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import type { BakedMethodName } from '../src/onnx/index.js';
import { Page } from './page.js';
import { TakeMap } from './panels/take-map.js';
import { sharedNow } from './share/now.js';
import { followLinks } from './share/page-link.js';
import { TakeAway } from './share/take-away.js';
import { engine } from './state/engine.js';
import { isFast } from './state/method-list.js';
import { askedMethods, results, shownMethod } from './state/methods.js';
import { fail, say } from './state/notices.js';
import { start } from './state/start.js';
import { takeDropped } from './state/take.js';

function listen(): void {
  addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.dataset.dragging = '';
  });
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) delete document.body.dataset.dragging;
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    delete document.body.dataset.dragging;
    void takeDropped(event.dataTransfer);
  });
  addEventListener('paste', (event) => void takeDropped(event.clipboardData));
}

/** Marks the page as ready once the first maps are there. */
function markReady(): void {
  const end = effect(() => {
    const fast = askedMethods.value.filter(isFast);
    const isDone = fast.every(
      (method) => !['waiting', 'running', undefined].includes(results.value[method]?.state),
    );
    if (!isDone) return;
    document.body.dataset.ready = '';
    queueMicrotask(() => end());
  });
}

const bake = (method: BakedMethodName) => engine().ask({ kind: 'bake', method });

shownMethod.value = 'grad-cam';
const root = document.getElementById('page');
if (!root) throw new Error('#page: expected an element, got none.');
root.replaceChildren();
render(
  <Page
    takeAway={
      <section class="group" aria-labelledby="take-title">
        <h2 id="take-title">Take it away</h2>
        <TakeMap />
        <TakeAway shared={sharedNow} bake={bake} say={say} fail={fail} />
      </section>
    }
  />,
  root,
);
listen();
try {
  await start();
  followLinks();
  markReady();
} catch (error) {
  fail(error);
  throw error;
}
