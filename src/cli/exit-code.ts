/** What the exit code of `tardy` tells, for scripts. */
export const EXIT = {
  ok: 0,
  /** It worked, and there is something to look at: a peer not known, a service without advice. */
  finding: 1,
  /** The command line or a TARDY_* variable is wrong. */
  usage: 2,
  /** A node that does not answer, a file that cannot be read. */
  unreachable: 3,
  /** An error that nobody foresaw (EX_SOFTWARE of sysexits.h). */
  bug: 70,
  /** Ctrl-C, as shells have it: 128 + SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The same for people: the last lines of every help text. */
export const EXIT_CODE_HELP =
  '0 ok; 1 a finding; 2 wrong usage; 3 cannot reach the node or read the file; 70 a bug in tardy';
