/**
 * Says goodbye when the process ends, without changing how it ends.
 *
 * - SIGTERM, SIGINT, SIGHUP: a listener takes the default away, which is to die. So where nobody
 *   else listens, the signal is raised again once everyone was told, or after FLUSH_MS. Where the
 *   host listens, ending is its business, and only SIGTERM is taken for the end.
 * - `process.exit()`, an exception nobody caught: there is no turn of the loop left, so notices go
 *   out synchronously, on connections that are open already.
 */
import type { Diagnostics } from '../telemetry/diagnostics.ts';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** The longest that a death is put off for notices to leave. */
const FLUSH_MS = 200;

export interface Farewell {
  /** Tells everyone; resolves when it is sent. */
  readonly goodbye: () => Promise<void>;
  /** Tells everyone before it returns, as far as that can be. */
  readonly goodbyeNow: (reason: 'goodbye' | 'crash') => void;
}

/** Listens; call the result to stop. */
export function sayFarewell(
  { goodbye, goodbyeNow }: Farewell,
  diagnostics: Diagnostics,
): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    const isAlone = process.listenerCount(signal) === 1;
    if (!isAlone && signal !== 'SIGTERM') return; // a reload, a question at the terminal
    const sent = goodbye().catch((error: unknown) => diagnostics.failed('goodbye', error));
    if (!isAlone) return;
    const die = (): void => {
      stop();
      process.kill(process.pid, signal);
    };
    const timer = setTimeout(die, FLUSH_MS);
    void sent.then(() => {
      clearTimeout(timer);
      die();
    });
  };
  const onCrash = diagnostics.guard('crash notice', () => {
    if (!isCaught()) goodbyeNow('crash');
  });
  const onExit = diagnostics.guard('goodbye', () => goodbyeNow('goodbye'));
  const stop = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.off('uncaughtExceptionMonitor', onCrash);
    process.off('exit', onExit);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('uncaughtExceptionMonitor', onCrash);
  process.on('exit', onExit);
  return stop;
}

/** Somebody in the host handles exceptions that nobody caught: it will live on. */
function isCaught(): boolean {
  return (
    process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()
  );
}
