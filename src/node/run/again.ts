/** Numbers of images that a resumed run explains again, by reason. */
export interface Again {
  /** What changed so that all images are explained again, in words. */
  readonly all: readonly string[];
  /** Images whose files changed. */
  readonly changed: number;
  /** Images whose results could not be written, or are gone. */
  readonly missing: number;
  /** Images whose class, or whose output files, differ. */
  readonly moved: number;
  /** Images that are no longer among the inputs and are skipped. */
  readonly gone: number;
}

const pictures = (count: number): string => (count === 1 ? '1 picture' : `${count} pictures`);

/** Notices for the user, before the work starts. */
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
 * For the report: a clause that follows the number of explained pictures. Empty where none was explained
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
