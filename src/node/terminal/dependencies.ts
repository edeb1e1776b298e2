import type { Subject } from '../../evaluate/index.js';
import type { Explainer, ExplainerOptions } from '../../explainer.js';
import type { MethodOptions } from '../../methods/index.js';
import type { AnyMethod } from '../../methods/method.js';
import type { ModelFacts } from '../model/facts.js';
import type { LoadedModel } from '../model/load-model.js';
import type { Terminal } from './progress.js';

/** What the program takes from outside, so that tests can run it whole. */
export interface Dependencies {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly version: string;
  /** Where the bundled classifier lies, which `--model birds` means. */
  readonly bundledModel: string;
  readonly methods: Readonly<Record<string, (options?: MethodOptions) => AnyMethod>>;
  /** Opens the model at a path. `file` is what lies there, where it was read already. */
  readonly openExplainer: (path: string, options: ExplainerOptions, file?: LoadedModel) => Promise<Explainer>;
  /** Opens it for evaluation. */
  readonly openSubject: (path: string, options: ExplainerOptions) => Promise<Subject>;
  readonly inspectModel: (path: string) => Promise<ModelFacts>;
  /** The built `run/thread.ts`; without it all work is done in the program's own thread. */
  readonly threadScript?: URL;
  /** Calls `stop` once, at the user's first Ctrl-C or at SIGTERM; gives a function that ends this. */
  readonly onInterrupt: (stop: () => void) => () => void;
}
