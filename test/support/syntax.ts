/** What the tidy checks need to know of a TypeScript source, read from its syntax tree. */
import ts from 'typescript';

export interface Source {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** A piece of a source and the line it begins in, counted from 1. */
export interface Piece {
  readonly line: number;
  readonly text: string;
}

export interface Import {
  readonly line: number;
  readonly name: string;
  /** `url`: a file that is named, not imported: `new URL('./worker.js', import.meta.url)`. */
  readonly kind: 'import' | 'url';
}

export interface FunctionSize {
  readonly line: number;
  readonly name: string;
  readonly codeLines: number;
}

const parsed = new WeakMap<Source, ts.SourceFile>();

/** The syntax tree, made once for each source. */
export function parse(source: Source): ts.SourceFile {
  const known = parsed.get(source);
  if (known) return known;
  const tree = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true);
  parsed.set(source, tree);
  return tree;
}

/** Calls `look` with every node. */
export function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

/** Line of the first character of a node that is not blank or comment, from 1. */
export function lineOf(node: ts.Node): number {
  const tree = node.getSourceFile();
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/** Everything a source takes from elsewhere: imports of any form, and files named by URL. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  visit(parse(source), (node) => {
    const specifier = importSpecifier(node);
    if (specifier) found.push({ line: lineOf(node), name: specifier.text, kind: 'import' });
    const file = urlSpecifier(node);
    if (file) found.push({ line: lineOf(node), name: file.text, kind: 'url' });
  });
  return found;
}

function importSpecifier(node: ts.Node): ts.StringLiteralLike | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return literal(node.moduleSpecifier);
  }
  if (ts.isExternalModuleReference(node)) return literal(node.expression);
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined;
  }
  return ts.isCallExpression(node) && isImporter(node.expression)
    ? literal(node.arguments[0])
    : undefined;
}

/** `import(...)`, `require(...)`. */
function isImporter(node: ts.Expression): boolean {
  return (
    node.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node) && node.text === 'require')
  );
}

/** `new URL('./x.js', import.meta.url)`, `import.meta.resolve('./x.js')`. */
function urlSpecifier(node: ts.Node): ts.StringLiteralLike | undefined {
  if (ts.isNewExpression(node)) {
    return node.expression.getText() === 'URL' && node.arguments?.[1]?.getText() === META_URL
      ? literal(node.arguments[0])
      : undefined;
  }
  return ts.isCallExpression(node) && node.expression.getText() === 'import.meta.resolve'
    ? literal(node.arguments[0])
    : undefined;
}

const META_URL = 'import.meta.url';

function literal(node: ts.Node | undefined): ts.StringLiteralLike | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node : undefined;
}

/** The comments of a source. Blanks come with them: whatever stands between two tokens. */
export function commentsOf(source: Source): Piece[] {
  return tokensOf(parse(source)).flatMap((token) => {
    const trivia = source.text.slice(token.getFullStart(), token.getStart());
    const first = parse(source).getLineAndCharacterOfPosition(token.getFullStart()).line + 1;
    return trivia.split('\n').map((text, i) => ({ line: first + i, text }));
  });
}

/** The strings of a source, templates included. */
export function stringsOf(source: Source): Piece[] {
  return tokensOf(parse(source))
    .filter((token) => ts.isStringLiteralLike(token) || ts.isTemplateLiteralToken(token))
    .map((token) => ({ line: lineOf(token), text: token.getText() }));
}

/** The functions of a source and how many lines of code each has, its inner ones included. */
export function functionsOf(source: Source): FunctionSize[] {
  const tree = parse(source);
  const code = codeLinesOf(tree);
  const found: FunctionSize[] = [];
  visit(tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const line = lineOf(node);
    const last = tree.getLineAndCharacterOfPosition(node.end).line + 1;
    const codeLines = [...code].filter((at) => at >= line && at <= last).length;
    found.push({ line, name: nameOf(node), codeLines });
  });
  return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined);
  return named?.getText() ?? 'a function';
}

/** Lines with more than blanks and comments on them. */
function codeLinesOf(tree: ts.SourceFile): Set<number> {
  const lines = new Set<number>();
  for (const token of tokensOf(tree)) {
    if (token.kind === ts.SyntaxKind.EndOfFileToken) continue;
    const last = tree.getLineAndCharacterOfPosition(token.end).line + 1;
    for (let line = lineOf(token); line <= last; line++) lines.add(line);
  }
  return lines;
}

/** The leaves of the tree in order. JSDoc hangs in the tree too, but is a comment. */
function tokensOf(tree: ts.SourceFile): ts.Node[] {
  const tokens: ts.Node[] = [];
  const walk = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(tree);
    if (children.length === 0 && node.kind !== ts.SyntaxKind.SyntaxList) tokens.push(node);
    children.forEach(walk);
  };
  walk(tree);
  return tokens;
}
