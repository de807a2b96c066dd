import type { Evidence } from './types.ts';
import { SLOW_PHI, type Watch } from './watch.ts';

/** What a piece of evidence, seen at an instant, says of a peer that we watch. */
export function weigh(watch: Watch, evidence: Evidence, atMs: number): void {
  switch (evidence.kind) {
    case 'reply':
      watch.heard(atMs);
      watch.worked(atMs);
      return watch.doubt.heard(atMs);
    case 'connect':
      return watch.hostAnswered(atMs);
    case 'goodbye':
      return watch.left(atMs);
    case 'in-flight':
      if (evidence.phi >= SLOW_PHI) watch.isProbeWanted = true;
      return;
    case 'reset':
      watch.isProbeWanted = true;
      return;
    default:
      return watch.gone(evidence.kind, atMs);
  }
}
