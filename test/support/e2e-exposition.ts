/** Prometheus' text format, as far as tests read it. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Samples with this name whose labels include these; all of them without. */
export type Samples = (name: string, labels?: Readonly<Record<string, string>>) => Sample[];

/** Fetches and parses a page of metrics; fails on any line that is none. */
export async function scrape(url: string): Promise<Samples> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return samplesIn(await response.text());
}

export function samplesIn(text: string): Samples {
  const samples = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(sampleOf);
  return (name, labels = {}) =>
    samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
}

function sampleOf(line: string): Sample {
  const match = LINE.exec(line);
  if (!match) throw new Error(`no sample: ${line}`);
  const labels = [...(match[2] ?? '').matchAll(LABEL)].map(([, name, value]) => [
    name!,
    unescaped(value!),
  ]);
  return {
    name: match[1]!,
    labels: Object.fromEntries(labels) as Sample['labels'],
    value: Number(match[3]),
  };
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

/** The different values a label has in these samples. */
export function valuesOf(samples: readonly Sample[], label: string): string[] {
  return [...new Set(samples.map(({ labels }) => labels[label] ?? ''))].sort();
}

export function sumOf(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}
