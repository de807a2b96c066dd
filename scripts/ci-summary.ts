/**
 * Prints the closing line of CI, `N passed, N failed[, N skipped]`, from vitest's JSON report.
 * Exit code 1 if anything failed or nothing ran: a green run without tests proves nothing.
 * Exit code 2, and no line, if there is no report to read.
 */
import { readFileSync } from 'node:fs';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** Files that failed without a failed test in them: they did not load, or a hook threw. */
function brokenFiles(report: Report): number {
  return report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
}

function summarize(path: string): boolean {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report;
  const failed = report.numFailedTests + brokenFiles(report);
  const skipped = report.numPendingTests + report.numTodoTests;
  const tail = skipped > 0 ? `, ${skipped} skipped` : '';
  console.log(`${report.numPassedTests} passed, ${failed} failed${tail}`);
  return failed === 0 && report.numPassedTests > 0;
}

try {
  process.exitCode = summarize(process.argv[2] ?? '') ? 0 : 1;
} catch (error) {
  console.error(error);
  process.exitCode = 2;
}
