import { CamError } from '../errors.js';
import type { AnyMethod } from '../methods/method.js';
import { expectNoClasses } from './answers.js';
import { needs } from './needs/index.js';
import type { Need, NeedPlan, Question } from './needs/need.js';

/** What is known of the model before any session is opened, for the methods that it can serve. */
export interface Plan {
  readonly methods: readonly AnyMethod[];
  readonly skipped: readonly { readonly method: string; readonly reason: string }[];
  /** What these methods need. */
  readonly needs: ReadonlyMap<Need, NeedPlan>;
}

/**
 * Plans what the methods need.
 * @throws {CamError} What a method lacks, unless `options.unservable` says to skip it; what the first lacks
 *   where none is left.
 */
export async function planMethods(question: Question, asked: readonly AnyMethod[]): Promise<Plan> {
  const plans = new Map<Need, Promise<NeedPlan>>();
  const planOf = (need: Need): Promise<NeedPlan> => {
    const known = plans.get(need);
    // A need that the model lacks is refused each time with the same error.
    const plan = known ?? (async () => need.plan(question))();
    plans.set(need, plan);
    return plan;
  };
  const skipped: { method: string; reason: string }[] = [];
  const methods: AnyMethod[] = [];
  for (const method of asked) {
    try {
      if (question.network.scores.answer) expectNoClasses(method);
      for (const need of method.needs) await planOf(needs[need]);
      methods.push(method);
    } catch (error) {
      if (!(error instanceof CamError) || question.options.unservable !== 'skip')
        throw named(method.name, error);
      skipped.push({ method: method.name, reason: error.message });
    }
  }
  if (methods.length === 0 && skipped.length > 0)
    throw new CamError('option', `methods: the model serves none of those asked for. ${skipped[0].reason}`);
  const planned = new Map<Need, NeedPlan>();
  for (const need of needsOf(methods)) planned.set(need, await planOf(need));
  return { methods, skipped, needs: planned };
}

/** What methods need, each once. */
export const needsOf = (methods: readonly AnyMethod[]): ReadonlySet<Need> =>
  new Set(methods.flatMap((method) => method.needs.map((name) => needs[name])));

function named(method: string, error: unknown): unknown {
  if (!(error instanceof CamError)) return error;
  return new CamError(error.code, `${method}: ${error.message}`, { cause: error });
}
