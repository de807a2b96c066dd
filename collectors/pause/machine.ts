/** What the machine says of itself: pressure on its CPUs, what was stolen, since when it runs. */
import { numberOf } from './proc-file.ts';

const US_PER_MS = 1e3;
/** `USER_HZ`: the same on every Linux that Node runs on. */
const MS_PER_TICK = 10;
const STEAL_FIELD = 7;

/** `some … total=` of `/proc/pressure/cpu`: time in which anybody waited for a CPU, in ms. */
export function parsePressure(text: string | undefined): number | undefined {
  const total = numberOf(/^some .*\btotal=(\d+)/m.exec(text ?? '')?.[1]);
  return total === undefined ? undefined : total / US_PER_MS;
}

/** Stolen time of the first line of `/proc/stat`, added up over the CPUs, in ms. */
export function parseSteal(text: string | undefined): number | undefined {
  const fields = /^cpu +(.*)$/m.exec(text ?? '')?.[1]?.split(' ');
  const ticks = numberOf(fields?.[STEAL_FIELD]);
  return ticks === undefined ? undefined : ticks * MS_PER_TICK;
}

/** `/proc/uptime`: time since boot, with what the machine was suspended, in ms (grain 10). */
export function parseUptime(text: string | undefined): number | undefined {
  const seconds = numberOf(text?.split(' ')[0]);
  return seconds === undefined ? undefined : seconds * 1000;
}
