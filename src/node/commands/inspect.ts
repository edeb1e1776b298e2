import type { Dependencies } from '../dependencies.js';
import { renderFacts } from '../facts.js';

/** Prints what a model is, as a table or as JSON. Throws `CamError` `model`. */
export async function inspect(path: string, json: boolean, deps: Dependencies): Promise<number> {
  const facts = await deps.inspectModel(path);
  deps.stdout.write(json ? `${JSON.stringify(facts, null, 1)}\n` : renderFacts(facts));
  return 0;
}
