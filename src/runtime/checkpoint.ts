/** After so many milliseconds of computing, the event loop gets a turn. */
const SLICE = 50;

let lastTurn = 0;

/**
 * Lets a long computation be stopped: throws the signal's reason if it is aborted. Between passes on the CPU
 * the event loop gets no turn, so Ctrl-C, timers and messages would go unnoticed. It gets one here now and
 * then.
 */
export async function checkpoint(signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return;
  signal.throwIfAborted();
  if (performance.now() - lastTurn < SLICE) return;
  await turn();
  lastTurn = performance.now();
  signal.throwIfAborted();
}

/** Resolves after a turn of the event loop. Browsers would delay a timer. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
