/** Builds the page into a folder; gives the folder. @default out dist-web */
export function buildPage(out?: string): Promise<string>;
