/** The subcommands, in the order in which the help lists them. */
import { advise } from './advise.ts';
import type { Command } from './command.ts';
import { demo } from './demo/demo.ts';
import { notify } from './notify.ts';

export const COMMANDS: readonly Command[] = [advise, notify, demo];
