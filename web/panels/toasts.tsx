/** What the page has to say, at the edge of the screen; and the question which of several models to open. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { dismiss, type Notice, notices } from '../state/notices.js';
import { modelChoice } from '../state/take.js';

/** Notes go by themselves, once they could be read; errors stay. */
const READ = 9000;

function Toast({ notice: { id, kind, text, action } }: { readonly notice: Notice }) {
  useEffect(() => {
    if (kind === 'error') return undefined;
    const timer = setTimeout(() => dismiss(id), READ + 40 * text.length);
    return () => clearTimeout(timer);
  }, [id, kind, text]);
  return (
    <div class="toast" data-kind={kind} role={kind === 'error' ? 'alert' : 'status'}>
      <p>{text}</p>
      {action && (
        <button
          type="button"
          onClick={() => {
            action.run();
            dismiss(id);
          }}
        >
          {action.label}
        </button>
      )}
      <button type="button" class="quiet" aria-label="Dismiss" onClick={() => dismiss(id)}>
        ×
      </button>
    </div>
  );
}

export function Toasts() {
  return (
    <section class="toasts" aria-label="Messages">
      {notices.value.map((notice) => (
        <Toast key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

export function ModelChoice() {
  const dialog = useRef<HTMLDialogElement>(null);
  const asking = modelChoice.value;
  useLayoutEffect(() => {
    if (asking) dialog.current?.showModal();
  }, [asking]);
  if (!asking) return null;
  const { names, choose } = asking;
  return (
    <dialog
      ref={dialog}
      class="model-choice"
      aria-labelledby="model-choice-title"
      onClose={() => choose(undefined)}
    >
      <h2 id="model-choice-title">Which model shall be opened?</h2>
      <ul>
        {names.map((name, position) => (
          <li key={name}>
            <button type="button" onClick={() => choose(position)}>
              {name}
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="quiet" onClick={() => choose(undefined)}>
        None of them
      </button>
    </dialog>
  );
}
