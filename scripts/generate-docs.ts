/**
 * Writes the tables of the docs from the code: settings and metrics. `--check` writes nothing and
 * fails if a file is not what would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { settingsTable } from '../src/config.ts';
import { type Metric, METRICS } from '../src/telemetry/metrics.ts';

/** Generated files, by path from the root. */
export function generatedDocs(): Readonly<Record<string, string>> {
  return { 'docs/settings.md': settingsPage(), 'docs/metrics.md': metricsPage() };
}

function settingsPage(): string {
  const rows = settingsTable().map(({ option, variable, text, byDefault }) => [
    `\`${option}\``,
    `\`${variable}\``,
    byDefault === undefined ? '' : `\`${JSON.stringify(byDefault)}\``,
    text,
  ]);
  return page(
    'Settings',
    'As options of `createTardy()`, `instrument()` and `TardyInstrumentation`, or as environment ' +
      'variables; an option wins. Unknown or bad settings are refused by name. Durations are in ' +
      'milliseconds.',
    table(['option', 'variable', 'default', 'meaning'], rows),
  );
}

function metricsPage(): string {
  const row = ({ name, kind, unit, attributes, description }: Metric) => [
    `\`${name}\``,
    kind,
    `\`${unit}\``,
    attributes.map((attribute) => `\`${attribute}\``).join(', '),
    description,
  ];
  const all: Metric[] = Object.values(METRICS);
  const head = ['metric', 'kind', 'unit', 'attributes', 'what'];
  return page(
    'Metrics',
    'No data is a missing series, never 0. Scraped from Prometheus, dots become underscores and ' +
      'counters end in `_total`; over OTLP, Prometheus adds `_seconds` as well.',
    table(head, all.filter(({ planned }) => !planned).map(row)),
    '## Named, not measured yet',
    'These names are taken, so that dashboards can count on them; nothing exports them today.',
    table(head, all.filter(({ planned }) => planned).map(row)),
  );
}

function page(title: string, ...parts: string[]): string {
  const note = '<!-- Generated from the code by `npm run docs`; do not edit. -->';
  return `${[`# ${title}`, note, ...parts].join('\n\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function main(check: boolean): void {
  for (const [path, text] of Object.entries(generatedDocs())) {
    if (!check) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      console.error(`${path} is not what the code says: run npm run docs`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.main) main(process.argv.includes('--check'));
