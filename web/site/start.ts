/**
 * Starts the page on a host that sends no headers of ours: the service worker comes first, then one reload
 * through it, by which the page is isolated. Where that cannot be, the page starts as it is, with one thread.
 */
const RELOADED = 'onnx-cam reloaded';
const PATIENCE = 30_000; // milliseconds; the page's files come meanwhile, so that they are no loss

if (await wantsReload()) location.reload();
else await import(new URL('main.js', import.meta.url).href);

async function wantsReload(): Promise<boolean> {
  if (!('serviceWorker' in navigator)) return false;
  const registered = navigator.serviceWorker.register('service-worker.js').catch(() => undefined);
  if (crossOriginIsolated) {
    forget();
    return false;
  }
  const registration = await registered;
  return registration !== undefined && (await serves(registration)) && remember();
}

/** Whether the service worker is there to answer the next load. */
async function serves(registration: ServiceWorkerRegistration): Promise<boolean> {
  if (registration.active) return true;
  const worker = registration.installing ?? registration.waiting;
  if (!worker) return false;
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), PATIENCE);
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated' || worker.state === 'redundant') resolve(worker.state === 'activated');
    });
  });
}

/** Notes that the page was reloaded; `false` where it was already, or where that cannot be noted. */
function remember(): boolean {
  try {
    if (sessionStorage.getItem(RELOADED)) return false;
    sessionStorage.setItem(RELOADED, 'yes');
    return true;
  } catch {
    return false; // no storage, no certainty that it ends
  }
}

function forget(): void {
  try {
    sessionStorage.removeItem(RELOADED);
  } catch {
    // nothing was noted
  }
}
