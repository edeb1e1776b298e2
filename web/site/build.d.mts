/** Of the repository. */
export const root: string;
/** Builds the page into a folder; gives the folder. @default out dist-web */
export function buildPage(out?: string): Promise<string>;
