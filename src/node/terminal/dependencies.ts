import type { Subject } from '../../evaluate/index.js';
import type { Explainer, ExplainerOptions } from '../../explainer.js';
import type { MethodOptions } from '../../methods/index.js';
import type { AnyMethod } from '../../methods/method.js';
import type { ModelFacts } from '../model/facts.js';
import type { LoadedModel } from '../model/load-model.js';
import type { Terminal } from './progress.js';

/** What the program needs from outside, so that tests can run the complete program. */
export interface Dependencies {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly version: string;
  /** Path of the bundled classifier, which `--model birds` means. */
  readonly bundledModel: string;
  readonly methods: Readonly<Record<string, (options?: MethodOptions) => AnyMethod>>;
  /** Opens the model at a path. `file` is its content, where it was read before. */
  readonly openExplainer: (path: string, options: ExplainerOptions, file?: LoadedModel) => Promise<Explainer>;
  /** Opens it for evaluation. */
  readonly openSubject: (path: string, options: ExplainerOptions) => Promise<Subject>;
  readonly inspectModel: (path: string) => Promise<ModelFacts>;
  /** The built `run/thread.ts`; without it all work runs in the main thread. */
  readonly threadScript?: URL;
  /**
   * Calls `stop` once, at the user's first Ctrl-C or at SIGTERM. Returns a function that removes the
   * listener.
   */
  readonly onInterrupt: (stop: () => void) => () => void;
}
