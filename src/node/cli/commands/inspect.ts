import { CamError } from '../../../errors.js';
import { renderFacts } from '../../model/facts.js';
import { chooseModel } from '../../options/model-argument.js';
import type { Dependencies } from '../../terminal/dependencies.js';

/** The options of `inspect`. */
export interface InspectFlags {
  readonly model?: string;
  readonly json?: true;
  /** Lists every candidate layer. */
  readonly all?: true;
}

/** Prints the facts about a model, as a table or as JSON. Throws `CamError` `model`. */
export async function inspect(
  named: string | undefined,
  flags: InspectFlags,
  deps: Dependencies,
): Promise<number> {
  if (named !== undefined && flags.model !== undefined)
    throw new CamError('option', `inspect: expected one model, got ${named} and ${flags.model}.`);
  const { model } = await chooseModel('inspect model.onnx', named ?? flags.model, [], deps);
  const facts = await deps.inspectModel(model);
  deps.stdout.write(
    flags.json ? `${JSON.stringify(facts, null, 1)}\n` : renderFacts(facts, flags.all === true),
  );
  return 0;
}
