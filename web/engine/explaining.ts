import type { Explainer, Picture } from '../../src/index.js';
import type { Explained, ExplainRequest, Passes } from './protocol.js';

export interface ExplainingOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (passes: Passes) => void;
}

/** The picture by methods and classes; without methods its scores alone. */
export async function explain(
  explainer: Explainer,
  picture: Picture,
  { methods, targets }: Pick<ExplainRequest, 'methods' | 'targets'>,
  { signal, progress }: ExplainingOptions = {},
): Promise<Explained> {
  const start = performance.now();
  const explanations = await explainer.explain([picture], {
    methods,
    target: targets,
    signal,
    onProgress: progress && countPasses(targets.length, progress),
  });
  return { explanations, milliseconds: performance.now() - start };
}

/** Passes of all classes together: methods run for one class after the other. */
function countPasses(classes: number, progress: (passes: Passes) => void) {
  const started = performance.now();
  let before = 0;
  let last = 0;
  return ({
    method,
    done,
    passes,
    expectedSeconds,
  }: {
    readonly method: string;
    readonly done: number;
    readonly passes: number;
    readonly expectedSeconds?: number;
  }): void => {
    if (done < last) before += passes;
    last = done;
    const gone = before + done;
    const total = classes * passes;
    const each =
      gone > 0 ? (performance.now() - started) / 1000 / gone : (expectedSeconds ?? Number.NaN) / passes;
    const secondsLeft = Number.isFinite(each) ? each * (total - gone) : undefined;
    progress({ method, done: gone, total, secondsLeft });
  };
}
