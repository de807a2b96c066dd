/**
 * Tardy for Express: two lines.
 *
 * ```js
 * import { instrument, router } from 'tardy/express';
 * instrument(app);
 * app.use('/tardy', router());
 * ```
 */
import type { Router } from 'express';
import type { ExpressApp } from '../collectors/express.ts';
import { createRouter, type RouterOptions } from './api/router.ts';
import { createTardy, type Tardy, type TardyOptions } from './tardy.ts';

export type { RouterOptions } from './api/router.ts';

/**
 * The API as an Express router: `app.use('/tardy', router())` answers `GET /tardy/timeouts`,
 * `/tardy/timeouts/:peer`, `/tardy/peers`, and with `{ metrics: true }` `/tardy/metrics`. It is
 * read-only and asks nobody who they are: mount it where only operators come, or behind a check.
 */
export function router(options?: RouterOptions): Router {
  return createRouter(createTardy(), options);
}

/**
 * Measures the routes of this application, sends `Server-Timing` from it, and measures the
 * outgoing calls of the process. Returns the Tardy that does. Throws ERR_TARDY_CONFIG for settings
 * it does not know; they are ignored if something in the process measures already.
 */
export function instrument(app: ExpressApp, options?: TardyOptions): Tardy {
  const tardy = createTardy(options);
  tardy.start();
  tardy.instrument(app);
  return tardy;
}
