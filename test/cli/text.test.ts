import { describe, expect, it } from 'vitest';
import { cut, indented, printable, wrap } from '../../src/cli/text.ts';

describe('printable', () => {
  it('leaves no way to move the cursor, to colour or to hide', () => {
    expect(printable('a\x1b[2Jb\r\nc\u202ed\x9be')).toBe('a?[2Jb??c?d?e');
  });
});

describe('cut', () => {
  it.each([
    ['abcdef', 6, 'end', 'abcdef'],
    ['abcdef', 5, 'end', 'abc..'],
    ['abcdef', 5, 'start', '..def'],
    ['abcdef', 2, 'end', 'ab'],
    ['abcdef', 0, 'end', ''],
  ] as const)('%s to %d, losing the %s', (text, width, from, expected) => {
    expect(cut(text, width, from)).toBe(expected);
  });
});

describe('wrap', () => {
  it('breaks at blanks only', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij k', 4)).toEqual(['abcdefghij', 'k']);
    expect(wrap('', 4)).toEqual(['']);
  });

  it('does not break where there is no end to the line', () => {
    expect(wrap('one two three', Infinity)).toEqual(['one two three']);
  });
});

describe('indented', () => {
  it('begins the first line differently if told to', () => {
    const lines = indented('twenty characters is the least', 10, '    ', '  ! ');
    expect(lines).toEqual(['  ! twenty characters is', '    the least']);
  });
});
