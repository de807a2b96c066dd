/** The bench's end of the process that stands still. */
import { BenchProcess, sleep, until } from '../detector/live/processes.ts';
import type { Acted, Cpu, Delays, FromVictim, Told, ToVictim, VictimJob } from './victim-types.ts';

const PROGRAM = new URL('./victim-process.ts', import.meta.url).href;
const ANSWER_MS = 60_000;
/** Then it is not told. */
const TOLD_MS = 1000;

export class Victim {
  readonly #process: BenchProcess;
  told: Told[] = [];

  private constructor(process: BenchProcess) {
    this.#process = process;
    process.on((message) => {
      if (isOf(message, 'pause')) this.told.push(message as Told);
    });
  }

  static async start(watch: VictimJob['watch'], flags: readonly string[] = []): Promise<Victim> {
    const victim = new Victim(new BenchProcess(PROGRAM, { watch }, ['--expose-gc', ...flags]));
    await victim.#process.ready();
    return victim;
  }

  get pid(): number {
    return this.#process.child.pid ?? 0;
  }

  tell(message: ToVictim): void {
    this.#process.tell(message);
  }

  act(message: Extract<ToVictim, { kind: 'act' }>): Promise<Acted> {
    return this.#ask(message, 'acted') as Promise<Acted>;
  }

  delays(): Promise<Delays> {
    return this.#ask({ kind: 'delays' }, 'delays') as Promise<Delays>;
  }

  cpu(): Promise<Cpu> {
    return this.#ask({ kind: 'cpu' }, 'cpu') as Promise<Cpu>;
  }

  /** The longest pause told since `told` was emptied; waits for one that is long enough. */
  async longest(leastMs: number): Promise<Told | undefined> {
    await until(() => this.told.some(({ durationMs }) => durationMs >= leastMs), TOLD_MS);
    await sleep(60);
    return [...this.told].sort((a, b) => b.durationMs - a.durationMs)[0];
  }

  end(): Promise<void> {
    return this.#process.end();
  }

  #ask(message: ToVictim, kind: FromVictim['kind']): Promise<unknown> {
    const said = this.#process.said((answer) => isOf(answer, kind), ANSWER_MS);
    this.tell(message);
    return said;
  }
}

function isOf(message: unknown, kind: FromVictim['kind']): boolean {
  return (
    typeof message === 'object' && message !== null && 'kind' in message && message.kind === kind
  );
}
