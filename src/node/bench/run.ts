import { basename, dirname } from 'node:path';
import type { Backend } from '../../backends/backend.js';
import { type BackendName, openBackend } from '../../backends/select.js';
import { CamError } from '../../errors.js';
import type { ExplainerOptions } from '../../explainer.js';
import type { RuntimeName } from '../../runtime/index.js';
import { makeFolder, refuseWrite, writeAtomically } from '../files/files.js';
import { findSettings } from '../model/settings.js';
import { BUNDLED, chooseModel } from '../options/model-argument.js';
import { methodNames } from '../options/values.js';
import type { Dependencies } from '../terminal/dependencies.js';
import { Interrupt } from '../terminal/interrupt.js';
import { compare, renderComparison } from './compare.js';
import type { KernelCase } from './kernel-case.js';
import { benchKernel, kernelCases } from './kernels.js';
import { benchMethod, isSlow } from './methods.js';
import { inputTensor } from './picture.js';
import { startStatus } from './progress.js';
import {
  type BenchReport,
  expectReportOrNone,
  FORMAT,
  type Machine,
  readReport,
  thisMachine,
} from './report.js';
import type { Row } from './row.js';
import type { SamplingOptions } from './sampling.js';
import { render } from './table.js';

/** The options of `bench`, parsed and validated. */
export interface BenchFlags {
  readonly model?: string;
  readonly backend: BackendName;
  readonly runtime: RuntimeName;
  readonly only?: 'kernels' | 'methods';
  readonly kernel?: readonly string[];
  readonly method?: readonly string[];
  readonly quick?: true;
  readonly seconds?: number;
  readonly threads: number;
  readonly preprocess?: string;
  readonly json?: string;
  readonly force?: true;
  readonly compare?: string;
  readonly quiet?: true;
}

/** The kernels to time, so that tests can insert a broken one. */
export interface BenchParts {
  readonly openBackend: (name: BackendName) => Promise<Backend>;
  readonly cases: readonly KernelCase[];
}

export const benchParts: BenchParts = { openBackend, cases: kernelCases };

/** How a run ended. */
export interface BenchOutcome {
  readonly report: BenchReport;
  readonly allRight: boolean;
}

const SECONDS = 0.2;
const QUICK_SECONDS = 0.05;

/**
 * Checks and times kernels and methods, prints the tables, and writes the report that `--json` names.
 * @throws {CamError} `option`, `backend`, `model`, `input`, `output`: what makes the whole run impossible, as
 *   far as it is known before any work is done.
 */
export async function runBench(
  args: readonly string[],
  flags: BenchFlags,
  deps: Dependencies,
  parts: BenchParts = benchParts,
): Promise<BenchOutcome> {
  const { json } = flags;
  const { model, input } = await chosenInput(args, flags, deps);
  const cases = chosenCases(flags, parts.cases);
  const methods = chosenMethods(flags, Object.keys(deps.methods));
  const before = flags.compare === undefined ? undefined : await readReport(flags.compare);
  if (json !== undefined && !flags.force) await expectReportOrNone(json);
  if (json !== undefined) await makeFolder(dirname(json)).catch((error: unknown) => refuseWrite(json, error));

  const interrupt = new Interrupt(deps, 'the current sample');
  interrupt.listen();
  const sampling: SamplingOptions = {
    seconds: flags.seconds ?? (flags.quick ? QUICK_SECONDS : SECONDS),
    stopping: () => interrupt.stopping,
    signal: interrupt.signal,
  };
  const status = startStatus(deps.stderr, cases.length + methods.length, flags.quiet === true);
  const rows: Row[] = [];
  const keep = (row: Row | undefined): void => {
    if (row) rows.push(row);
  };
  const backendName = flags.runtime === 'webgpu' ? 'webgpu' : flags.backend;
  try {
    const backend = await parts.openBackend(backendName);
    try {
      const wasm = backend.name === 'wasm' ? undefined : await parts.openBackend('wasm');
      for (const one of cases) {
        if (interrupt.stopping) break;
        status.next(`${one.kernel} ${one.size}`);
        keep(await benchKernel(one, { backend, wasm }, sampling));
      }
      wasm?.dispose();
      const found =
        methods.length === 0 || interrupt.stopping
          ? { leftOut: [] }
          : await methodRows(
              { model, input },
              methods,
              { ...flags, backend: backend.name },
              deps,
              sampling,
              status.next,
              keep,
            );
      const machine: Machine = {
        ...thisMachine(),
        backend: backend.name,
        device: backend.device,
        ...(found.runtime !== undefined && { runtime: found.runtime }),
        threads: flags.threads,
      };
      const report: BenchReport = {
        format: FORMAT,
        version: deps.version,
        date: new Date().toISOString(),
        machine,
        ...(found.runtime !== undefined && { model: basename(model) }),
        complete: !interrupt.stopping,
        rows,
        leftOut: found.leftOut,
      };
      status.stop();
      deps.stdout.write(render(report));
      if (before) deps.stdout.write(`\n${renderComparison(compare(report, before), before)}`);
      if (json !== undefined) await writeAtomically(json, `${JSON.stringify(report, undefined, 2)}\n`);
      return { report, allRight: rows.every(({ wrong }) => wrong === undefined) };
    } finally {
      backend.dispose();
    }
  } finally {
    status.stop();
    interrupt.end();
  }
}

interface ChosenInput {
  readonly model: string;
  /** The picture that the methods explain; drawn where missing. */
  readonly input?: string;
}

/** The model; by default the bundled one, so that times can be compared between machines. */
async function chosenInput(
  args: readonly string[],
  flags: BenchFlags,
  deps: Dependencies,
): Promise<ChosenInput> {
  const isNamed = args.some((path) => path.endsWith('.onnx'));
  const requested = flags.model ?? (isNamed ? undefined : BUNDLED);
  const { model, inputs } = await chooseModel('bench model.onnx photo.jpg', requested, args, deps);
  if (inputs.length <= 1) return { model, input: inputs[0] };
  throw new CamError('option', `bench: expected one picture, got ${inputs.length}: ${inputs.join(', ')}.`);
}

/** Naming only kernels leaves the methods out, and naming only methods leaves the kernels out. */
function chosenCases(
  { only, kernel, method, quick }: BenchFlags,
  cases: readonly KernelCase[],
): readonly KernelCase[] {
  const known = [...new Set(cases.map((one) => one.kernel))];
  const unknown = kernel?.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new CamError(
      'option',
      `--kernel: expected one of ${known.toSorted().join(', ')}, got "${unknown}".`,
    );
  if (only === 'methods' || (method && !kernel && !only)) return [];
  return cases.filter((one) => (kernel?.includes(one.kernel) ?? true) && (one.quick || !quick));
}

function chosenMethods({ only, kernel, method }: BenchFlags, known: readonly string[]): readonly string[] {
  const names = methodNames(method ?? ['all'], known);
  return only === 'kernels' || (kernel && !method && !only) ? [] : names;
}

interface MethodsFound {
  readonly leftOut: BenchReport['leftOut'];
  readonly runtime?: string;
}

async function methodRows(
  { model, input: path }: ChosenInput,
  names: readonly string[],
  flags: BenchFlags,
  deps: Dependencies,
  sampling: SamplingOptions,
  next: (what: string) => void,
  keep: (row: Row | undefined) => void,
): Promise<MethodsFound> {
  const { preprocessing } = await findSettings(model, { preprocess: flags.preprocess });
  const slow = flags.quick ? names.filter((name) => isSlow(deps.methods[name]())) : [];
  const requested = names.filter((name) => !slow.includes(name));
  const { backend, runtime, threads } = flags;
  const options: ExplainerOptions = { backend, runtime, threads, preprocessing };
  const methods = requested.map((name) => deps.methods[name]());
  // Opened with all methods at once: it reports which of them the model can serve, and runs the bare forward
  // pass.
  const subject = await deps.openSubject(model, {
    ...options,
    methods,
    unservable: flags.method && !flags.method.includes('all') ? 'error' : 'skip',
  });
  try {
    const skipped = subject.explainer.skipped ?? [];
    const input = await inputTensor(path, subject.explainer);
    for (const [i, name] of requested.entries()) {
      if (sampling.stopping()) break;
      next(name);
      if (skipped.some(({ method }) => method === name)) continue;
      const one = { ...options, methods: [methods[i]] };
      const explainer = await deps.openExplainer(model, one);
      const onCpu = { ...one, backend: 'wasm', runtime: runtime === 'webgpu' ? 'auto' : runtime } as const;
      const wasm = explainer.backend === 'wasm' ? undefined : await deps.openExplainer(model, onCpu);
      try {
        keep(await benchMethod({ name, explainer, wasm, bare: subject, input }, sampling));
      } finally {
        await explainer.dispose();
        await wasm?.dispose();
      }
    }
    return {
      runtime: subject.explainer.runtime,
      leftOut: [
        ...skipped.map(({ method, reason }) => ({ name: method, reason })),
        ...slow.map((name) => ({ name, reason: '--quick: a forward pass per channel.' })),
      ],
    };
  } finally {
    await subject.dispose();
  }
}
