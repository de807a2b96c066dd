/** Text for terminals: what is safe to print, where to break, where to cut. */

/**
 * Names of peers and routes come from elsewhere and may hold anything: what is not printable
 * ASCII could move the cursor, colour the rest, or be wider than it is long.
 */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

/** At most `width` characters; `..` where some are missing. */
export function cut(text: string, width: number, from: 'start' | 'end' = 'end'): string {
  if (text.length <= width) return text;
  if (width <= 2) return text.slice(0, width);
  return from === 'end' ? `${text.slice(0, width - 2)}..` : `..${text.slice(2 - width)}`;
}

/** Lines of at most `width`, broken at blanks; a longer word stands on a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** The same with every line indented, the first one by `first`. */
export function indented(text: string, width: number, indent: string, first = indent): string[] {
  return wrap(text, Math.max(20, width - indent.length)).map(
    (line, i) => (i === 0 ? first : indent) + line,
  );
}

/** Plain order of characters: the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
