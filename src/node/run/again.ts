/** What of an interrupted run is done again when it is resumed, by reason. */
export interface Again {
  /** In words: what changed, so that everything is. */
  readonly all: readonly string[];
  /** Images whose files changed. */
  readonly changed: number;
  /** Images whose results could not be written, or are gone. */
  readonly missing: number;
  /** Images that are no longer among the inputs: they are left out. */
  readonly gone: number;
}

const pictures = (count: number): string => (count === 1 ? '1 picture' : `${count} pictures`);

/** For the user, before the work begins. */
export function againNotices({ all, changed, missing, gone }: Again): string[] {
  const are = (count: number): string => `${count === 1 ? 'is' : 'are'} explained again`;
  return [
    ...(all.length > 0 ? [`${all.join(' and ')} changed since: everything is explained again.`] : []),
    ...(changed > 0 ? [`${pictures(changed)} changed since and ${are(changed)}.`] : []),
    ...(missing > 0
      ? [`${pictures(missing)} without results (they could not be written, or are gone) ${are(missing)}.`]
      : []),
    ...(gone > 0
      ? [`${pictures(gone)} of the earlier run ${gone === 1 ? 'is' : 'are'} no longer among the inputs.`]
      : []),
  ];
}

/** For the report: a clause after the number of pictures that were explained; empty where none was explained again. */
export function againClause({ all, changed, missing }: Again): string {
  if (all.length > 0) return `, all of them again because ${all.join(' and ')} changed`;
  const parts = [
    ...(changed > 0 ? [`${changed} of them again because they changed`] : []),
    ...(missing > 0 ? [`${missing} of them again because their results were missing`] : []),
  ];
  return parts.map((part) => `, ${part}`).join('');
}
