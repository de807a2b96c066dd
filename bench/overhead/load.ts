import { createRequire } from 'node:module';

/** OpenTelemetry patches modules as they are loaded: after it, and by `require`. */
export const load = createRequire(import.meta.url);
