import { Engine } from '../engine/client.js';

let made: Engine | undefined;

/** The page's worker, started when it is first needed. */
export function engine(): Engine {
  made ??= new Engine();
  return made;
}
