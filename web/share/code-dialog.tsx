/** "Copy as code": what the page shows as a command, as a script for Node, and for Python. */
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { BakedMethodName } from '../../src/onnx/index.js';
import { type Baked, canBeBaked } from './baked.js';
import { commandLine, node, python } from './code.js';
import { bakedName, codeSubject, type Shared } from './shared.js';

const languages = ['Command line', 'Node', 'Python'] as const;
type Language = (typeof languages)[number];

export interface CodeDialogProps {
  readonly shared: Shared;
  readonly bake: (method: BakedMethodName) => Promise<Baked>;
  readonly close: () => void;
}

export function CodeDialog({ shared, bake, close }: CodeDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const language = useSignal<Language>('Command line');
  const code = useSignal('');
  const note = useSignal('');
  useLayoutEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    note.value = '';
    let isWanted = true;
    void codeIn(language.value, shared, bake).then(
      (text) => {
        if (isWanted) code.value = text;
      },
      (error: unknown) => {
        if (!isWanted) return;
        code.value = '';
        note.value = error instanceof Error ? error.message : String(error);
      },
    );
    return () => {
      isWanted = false;
    };
  }, [language.value, shared, bake]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code.value);
      note.value = 'Copied.';
    } catch {
      note.value = 'The browser does not let the page copy. Select the text and copy it yourself.';
    }
  };
  return (
    <dialog ref={dialog} class="code" aria-labelledby="code-title" onClose={close}>
      <h2 id="code-title">Copy as code</h2>
      <fieldset class="row">
        <legend class="visually-hidden">Language</legend>
        {languages.map((name) => (
          <button
            type="button"
            key={name}
            aria-pressed={language.value === name}
            onClick={() => {
              language.value = name;
            }}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <textarea
        readOnly
        rows={14}
        spellcheck={false}
        aria-label={`Code: ${language.value}`}
        value={code.value}
      />
      <p class="hint">{files(language.value, shared)}</p>
      <p role="status">{note.value}</p>
      <div class="row">
        <button type="button" class="primary" disabled={code.value === ''} onClick={copy}>
          Copy
        </button>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}

/** What has to lie in the folder where the code runs. */
function files(language: Language, shared: Shared): string {
  const { name, model } = shared;
  if (language === 'Python')
    return `Beside it: ${name}, and ${bakedName(shared)}, which "Model with its explanation" saves.`;
  return model.bundled ? `Beside it: ${name}.` : `Beside it: ${name} and ${model.name}.`;
}

/** @throws {Error} where the method cannot be built into the model, which Python needs. */
async function codeIn(language: Language, shared: Shared, bake: CodeDialogProps['bake']): Promise<string> {
  const subject = codeSubject(shared);
  if (language === 'Command line') return commandLine(subject);
  if (language === 'Node') return node(subject);
  if (!canBeBaked(shared.method))
    throw new Error('Python runs the model with its explanation; this method cannot be built into one.');
  return python(subject, await bake(shared.method), bakedName(shared));
}
