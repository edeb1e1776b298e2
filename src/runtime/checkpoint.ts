/** Milliseconds of computing after which the event loop gets a turn. */
const SLICE = 50;

let lastTurn = 0;

/**
 * A place where a long computation can be stopped: throws the signal's reason once it is aborted. Passes on
 * the CPU follow one another without a turn of the event loop, in which Ctrl-C, a timer or a message would be
 * heard: it gets one here now and then.
 */
export async function checkpoint(signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return;
  signal.throwIfAborted();
  if (performance.now() - lastTurn < SLICE) return;
  await turn();
  lastTurn = performance.now();
  signal.throwIfAborted();
}

/** Resolves once the event loop has turned; a timer would be held back in browsers. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
