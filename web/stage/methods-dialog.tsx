/** All methods, by what they cost, to be ticked. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import {
  ask,
  askedMethods,
  drop,
  groupOf,
  groups,
  methodNames,
  passesOf,
  refusal,
  title,
} from '../state/methods.js';

/** What a tick would cost, where that is much. */
function costOf(method: string): string {
  const passes = passesOf(method);
  if (passes === undefined) return 'many passes';
  return passes > 0 ? `about ${passes} passes` : '';
}

function Choice({ method }: { readonly method: string }) {
  const reason = refusal(method);
  const isAsked = askedMethods.value.includes(method);
  return (
    <label class="choice" data-refused={reason !== undefined}>
      <input
        type="checkbox"
        value={method}
        checked={isAsked}
        disabled={(reason !== undefined && !isAsked) || (isAsked && askedMethods.value.length === 1)}
        onChange={({ currentTarget }) => (currentTarget.checked ? ask(method) : drop(method))}
      />
      <span>
        {title(method)}
        <small>{reason ?? costOf(method)}</small>
      </span>
    </label>
  );
}

export function MethodsDialog({ close }: { readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} id="methods" class="methods-dialog" aria-labelledby="methods-title" onClose={close}>
      <h2 id="methods-title">Methods</h2>
      {groups.map((group) => (
        <fieldset key={group}>
          <legend>{group}</legend>
          <div class="choices">
            {methodNames
              .filter((method) => groupOf(method) === group)
              .map((method) => (
                <Choice key={method} method={method} />
              ))}
          </div>
        </fieldset>
      ))}
      <button type="button" class="primary" onClick={() => dialog.current?.close()}>
        Done
      </button>
    </dialog>
  );
}
