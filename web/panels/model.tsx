/** The model that is open, and how it runs. */
import { useRef } from 'preact/hooks';
import type { Compute, Opened } from '../engine/protocol.js';
import { chooseCompute, compute, model, opened, opening } from '../state/model.js';
import { baseline } from '../state/question.js';
import { openBirds } from '../state/start.js';
import { take } from '../state/take.js';

const computes: Readonly<Record<Compute, string>> = {
  auto: 'Automatic',
  wasm: 'WebAssembly',
  webgpu: 'WebGPU',
  mixed: 'WebGPU kernels, model on the CPU',
};

/** What computes. */
function Engine({ open: { backend, device, runtime, threads } }: { readonly open: Opened }) {
  const count = runtime.endsWith('wasm') ? `, ${threads} thread${threads > 1 ? 's' : ''}` : '';
  const kernels = backend === 'webgpu' ? 'WebGPU' : 'WebAssembly';
  return (
    <p id="engine" class="hint">
      {`Kernels ${kernels} (${device}) · Model ${runtime}${count}`}
    </p>
  );
}

export function ModelPanel() {
  const input = useRef<HTMLInputElement>(null);
  const [now, open] = [model.value, opened.value];
  const megabytes = now && (now.file.bytes.length / 1e6).toFixed(1);
  return (
    <section class="group" aria-labelledby="model-title" aria-busy={opening.value !== undefined}>
      <h2 id="model-title">Model</h2>
      <p id="model-name" class="model-name">
        {now?.file.name ?? 'Loading …'}
      </p>
      {open && (
        <dl id="model-facts">
          <dt>classes</dt>
          <dd>{baseline.value?.length ?? '…'}</dd>
          <dt>input</dt>
          <dd>{open.input}</dd>
          <dt>size</dt>
          <dd>{megabytes} MB</dd>
          {open.labelsSource && (
            <>
              <dt>labels</dt>
              <dd>{open.labelsSource}</dd>
            </>
          )}
        </dl>
      )}
      {open?.remarks.map((remark) => (
        <p class="hint" key={remark}>
          {remark}
        </p>
      ))}
      <p class="row">
        <button type="button" id="choose-model" onClick={() => input.current?.click()}>
          Open .onnx…
        </button>
        {now && !now.bundled && (
          <button type="button" id="default-model" onClick={() => void openBirds()}>
            Back to the birds
          </button>
        )}
      </p>
      <label class="line">
        <span>Runs on</span>
        <select
          id="compute"
          value={compute.value}
          onChange={({ currentTarget }) => {
            const chosen = (Object.keys(computes) as Compute[]).find((one) => one === currentTarget.value);
            if (chosen) void chooseCompute(chosen);
          }}
        >
          {Object.entries(computes).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {open && <Engine open={open} />}
      <input
        ref={input}
        id="model-file"
        type="file"
        accept=".onnx,.json,.txt,.data,.bin"
        multiple
        hidden
        aria-label="Model and its files"
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = '';
          void take(files);
        }}
      />
    </section>
  );
}
