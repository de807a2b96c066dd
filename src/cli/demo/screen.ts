/** Where pictures go: over the last one on a terminal, below it elsewhere. */
import { stripVTControlCharacters } from 'node:util';
import type { Context } from '../command.ts';
import { frame, type FrameOptions } from './frame.ts';
import type { DemoReport } from './demo-report.ts';

/** A log wants fewer pictures than an eye. */
const APPEND_EVERY_MS = 5000;

export class Screen {
  readonly #context: Context;
  readonly #about: FrameOptions['about'];
  /** The last picture, to be drawn over. */
  #lines: readonly string[] = [];
  #appendAtMs = -Infinity;

  /** `about`: what to keep above the table on a terminal. */
  constructor(context: Context, about?: FrameOptions['about']) {
    this.#context = context;
    this.#about = about;
  }

  /** Shows a report; where pictures are appended, not each one. */
  show(report: DemoReport): void {
    if (this.#context.look.redraws) return this.#redraw(report);
    const nowMs = this.#context.nowMs();
    if (nowMs < this.#appendAtMs || report.firstAdviceMs === undefined) return;
    this.#appendAtMs = nowMs + APPEND_EVERY_MS;
    this.append(report);
  }

  /** Shows a report below whatever was there. */
  append(report: DemoReport): void {
    const { out, look } = this.#context;
    const width = this.#context.terminal()?.columns ?? Infinity;
    const lines = frame(report, { width, height: Infinity, paint: look.paint });
    out(`${lines.join('\n')}\n\n`);
  }

  /** One write for each picture, or it would flicker. */
  #redraw(report: DemoReport): void {
    const { out, look, terminal } = this.#context;
    const { columns, rows } = terminal() ?? { columns: 80, rows: 24 };
    const up = this.#lines.reduce((total, line) => total + rowsOf(line, columns), 0);
    const about = this.#about ? { about: this.#about } : {};
    // The last row is the cursor's.
    const options = { width: columns, height: rows - 1, paint: look.paint, ...about };
    this.#lines = frame(report, options);
    out(`${up > 0 ? `\x1b[${up}F` : ''}\x1b[0J${this.#lines.join('\n')}\n`);
  }
}

/** A terminal that became narrower has broken the lines of the last picture. */
function rowsOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns));
}
