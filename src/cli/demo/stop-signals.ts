/** Whether there are SIGSTOP and SIGCONT: at names that Windows does not know, Node throws. */
export function hasStopSignals(): boolean {
  return process.platform !== 'win32';
}
