import { expect, it } from 'vitest';
import { activeTripCause, setTripCause } from '../../src/leasing/hub.ts';
import { createTardy } from '../../src/tardy.ts';

it('what is said of the node is forgotten when its Tardy stops: nobody would take it back', async () => {
  const tardy = createTardy({ pauseThread: false });
  tardy.start();
  setTripCause('clock-out', true);
  expect(activeTripCause(['self-suspected', 'clock-out'])).toBe('clock-out');
  await tardy.stop();
  expect(activeTripCause(['self-suspected', 'clock-out'])).toBeUndefined();
});
