import type { Server } from 'node:http';

/** A server of the files in a folder, with the headers that isolate a page. */
export function pageServer(folder: string): Server;
