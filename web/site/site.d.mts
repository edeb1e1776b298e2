/**
 * Builds the page into `out`, with a service worker; gives its files. Those of an earlier build go, others
 * stay.
 * @throws {Error} for a folder that holds other files only; then nothing is changed.
 */
export function buildSite(out: string): Promise<readonly string[]>;
/** Writes the service worker of the page in `folder`. */
export function addServiceWorker(folder: string): Promise<void>;
