#!/usr/bin/env node
/** The program `tardy`. */
import { COMMANDS } from './commands.ts';
import { processIo } from './io.ts';
import { run } from './run.ts';

// Not process.exit: it would cut off what a pipe has not taken yet.
process.exitCode = await run(process.argv.slice(2), processIo(), COMMANDS);
