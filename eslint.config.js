import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Sizes from CONTRIBUTING.md; test/support/tidy.ts holds src to the same numbers. */
const sizes = {
  'max-lines': ['error', 400],
  'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
  complexity: ['error', 15],
};

const typescript = {
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
  '@typescript-eslint/prefer-readonly': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true },
  ],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  // `() => void f()` says nothing that `() => f()` does not.
  '@typescript-eslint/no-confusing-void-expression': [
    'error',
    { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
  ],
  // Hot loops index typed arrays, and noUncheckedIndexedAccess makes each read possibly undefined:
  // `counts[i]!` and `counts[i] as number` both say that the index is in range.
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/non-nullable-type-assertion-style': 'off',
  '@typescript-eslint/prefer-for-of': 'off',
};

export default defineConfig(
  globalIgnores(['**/fixtures/**/*.ts', 'dist/', 'coverage/', '.cache/', 'dashboards/generated/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: typescript,
  },
  { rules: { ...sizes, eqeqeq: 'error', 'no-console': 'error' } },
  {
    // What prints because printing is its work.
    files: ['src/cli/**', 'scripts/**', 'bench/**', 'examples/**', 'test/**', '**/fixtures/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // A describe() callback is a chapter, not a function; the helpers in test/support stay short.
    files: ['test/**/*.test.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    // Programs that tests run, as a user would have written them: plain JavaScript on Node.
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval']
          .concat(['setImmediate', 'fetch', 'performance', 'URL', 'Buffer', 'AbortSignal'])
          .map((name) => [name, 'readonly']),
      ),
    },
  },
);
