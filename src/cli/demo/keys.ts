/** Keys on a terminal: each injects a fault. The terminal is given back as it was, in any case. */
import type { ReadStream } from 'node:tty';
import { type FaultName, whyImpossible } from './faults.ts';
import { hasStopSignals } from './stop-signals.ts';

export interface Keys {
  /** What was asked for since the last time. */
  take(): FaultName | undefined;
  /** Gives the terminal back. */
  close(): void;
}

const FAULT_OF: Readonly<Record<string, FaultName | undefined>> = {
  k: 'kill',
  s: 'stop',
  d: 'delay',
  x: 'drop',
  c: 'skew',
  l: 'lease',
};

/** In one line of a terminal. */
export function keysHelp(): string {
  return hasStopSignals()
    ? 'keys: k kill, s stop, d delay, x drop one way, c clock, l lease, q quit'
    : 'keys: k kill, d delay, x drop one way, c clock, q quit; s, l: not on Windows';
}

function possible(fault: FaultName | undefined): FaultName | undefined {
  return fault && whyImpossible(fault) === undefined ? fault : undefined;
}

type Input = Pick<ReadStream, 'isTTY' | 'setRawMode' | 'resume' | 'pause' | 'on' | 'off' | 'unref'>;

/** Listens; undefined where there is no keyboard. `interrupt` is what Ctrl-C does. */
export function listenToKeys(
  input: Input = process.stdin,
  interrupt: () => void = () => process.kill(process.pid, 'SIGINT'),
): Keys | undefined {
  if (!input.isTTY) return undefined;
  let wanted: FaultName | undefined;
  const onData = (bytes: Uint8Array): void => {
    for (const key of new TextDecoder().decode(bytes).toLowerCase()) {
      // A raw terminal makes a byte of Ctrl-C, no signal.
      if (key === '\x03' || key === 'q') interrupt();
      else wanted = possible(FAULT_OF[key]) ?? wanted;
    }
  };
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    input.setRawMode(false);
    input.off('data', onData);
    input.pause();
    process.off('exit', close);
  };
  // Whatever ends the program: an exception, a second Ctrl-C.
  process.on('exit', close);
  input.setRawMode(true);
  input.on('data', onData);
  input.resume();
  input.unref();
  return {
    take() {
      const taken = wanted;
      wanted = undefined;
      return taken;
    },
    close,
  };
}
