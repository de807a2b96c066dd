/** The other side of worker.ts: a child process that answers its parent's questions. */
import type { Reply } from './worker.ts';

type Answer = (argument: never) => unknown;

interface Question {
  readonly question: string;
  readonly argument: never;
}

/** Answers until the parent goes. */
export function answer(answers: Readonly<Record<string, Answer>>): void {
  process.on('disconnect', () => process.exit());
  process.on('message', ({ question, argument }: Question) => {
    void replyTo(answers[question], argument).then((reply) => process.send?.(reply));
  });
}

async function replyTo(find: Answer | undefined, argument: never): Promise<Reply> {
  try {
    if (!find) throw new Error('unknown question');
    return { value: (await find(argument)) ?? null };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
