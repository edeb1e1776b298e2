/** The type of a file of the page, by its ending; `undefined` for what is none. */
export function typeOf(path: string): string | undefined;
/** Headers that isolate a page, without which WebAssembly has one thread. */
export const isolation: Readonly<Record<string, string>>;
