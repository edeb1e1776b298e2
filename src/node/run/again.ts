/** What of an interrupted run is done again when it is resumed, by reason. */
export interface Again {
  /** In words: what changed, so that everything is. */
  readonly all: readonly string[];
  /** Images whose files changed. */
  readonly changed: number;
  /** Images whose results could not be written, or are gone. */
  readonly missing: number;
  /** Images whose class, or the place of whose results, is another. */
  readonly moved: number;
  /** Images that are no longer among the inputs: they are left out. */
  readonly gone: number;
}

const pictures = (count: number): string => (count === 1 ? '1 picture' : `${count} pictures`);

/** For the user, before the work begins. */
export function againNotices({ all, changed, missing, moved, gone }: Again): string[] {
  const are = (count: number): string => `${count === 1 ? 'is' : 'are'} explained again`;
  return [
    ...(all.length > 0 ? [`${all.join(' and ')} changed since: everything is explained again.`] : []),
    ...(changed > 0 ? [`${pictures(changed)} changed since and ${are(changed)}.`] : []),
    ...(missing > 0
      ? [`${pictures(missing)} without results (they could not be written, or are gone) ${are(missing)}.`]
      : []),
    ...(moved > 0 ? [`${pictures(moved)} whose class or place in the results changed ${are(moved)}.`] : []),
    ...(gone > 0
      ? [`${pictures(gone)} of the earlier run ${gone === 1 ? 'is' : 'are'} no longer among the inputs.`]
      : []),
  ];
}

/**
 * For the report: a clause after the number of pictures that were explained; empty where none was explained
 * again.
 */
export function againClause({ all, changed, missing, moved }: Again): string {
  if (all.length > 0) return `, all of them again because ${all.join(' and ')} changed`;
  const part = (count: number, one: string, more: string): string =>
    count === 0 ? '' : `, ${count} of them again because ${count === 1 ? one : more}`;
  return [
    part(changed, 'it changed', 'they changed'),
    part(missing, 'its results were missing', 'their results were missing'),
    part(moved, 'its class or place in the results changed', 'their class or place in the results changed'),
  ].join('');
}
