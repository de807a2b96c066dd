import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathTemplate } from '../../src/peers/path-template.ts';
import { runs } from '../support/properties.ts';

const segment = fc.oneof(
  fc.constantFrom('', 'users', 'v1', ':id', '*', 'en-US', 'search'),
  fc.uuid(),
  fc.ulid(),
  fc.nat().map(String),
  fc.base64String({ maxLength: 44 }),
  fc.webSegment(),
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('a', 'Z', '1', '-', '.', '=', '%', 'é', '\u0000'),
    minLength: 8,
  }),
);
const anyPath = fc
  .tuple(
    fc.constantFrom('/', ''),
    fc.array(segment, { maxLength: 12 }),
    fc.constantFrom('', '?q=1', '#top', '?a#b/c'),
  )
  .map(([slash, segments, rest]) => `${slash}${segments.join('/')}${rest}`);

describe('the template of any path', () => {
  it('is its own template', () =>
    fc.assert(
      fc.property(anyPath, (path) => {
        expect(pathTemplate(pathTemplate(path))).toBe(pathTemplate(path));
      }),
      runs(2000),
    ));

  it('begins with a slash, is short and printable, and has no query', () =>
    fc.assert(
      fc.property(fc.oneof(anyPath, fc.string({ unit: 'binary' })), (path) => {
        expect(pathTemplate(path)).toMatch(/^\/[\x21-\x7e]*$/);
        expect(pathTemplate(path)).not.toMatch(/[?#]/);
        expect(pathTemplate(path).length).toBeLessThanOrEqual(9 * 41 + 2);
      }),
      runs(1000),
    ));

  it('does not depend on which number or UUID stands in it', () =>
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.uuid(), fc.uuid(), (a, b, c, d) => {
        expect(pathTemplate(`/x/${a}/y/${c}`)).toBe(pathTemplate(`/x/${b}/y/${d}`));
      }),
      runs(300),
    ));
});
