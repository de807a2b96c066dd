import { readFileSync } from 'node:fs';

/** Version of this package, from the package.json above `src/` or `dist/src/`. */
export const VERSION: string = readVersion();

function readVersion(): string {
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as {
        version: string;
      };
      return version;
    } catch {
      continue; // run from source or from dist: the other one is there
    }
  }
  return 'unknown';
}
