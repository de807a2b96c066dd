import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocs } from '../scripts/generate-docs.ts';
import { ROOT } from './support/node-versions.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('the docs', () => {
  it.each(Object.entries(generatedDocs()))('%s is what the code says', (path, text) => {
    expect(read(path)).toBe(text);
  });

  it.each([
    'README.md',
    'CONTRIBUTING.md',
    'docs/architecture.md',
    'docs/clocks.md',
    'docs/leases.md',
    'docs/liveness.md',
    'docs/pauses.md',
    'docs/timeouts.md',
  ])('%s has no dead link', (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!);
    const dead = links.filter((link) => !existsSync(join(ROOT, path, '..', link)));
    expect(dead).toEqual([]);
  });
});
