/** Writes FILE.br and FILE.gz beside the files that get smaller, for a server to send instead. */
export function compressFolder(folder: string): Promise<void>;
