/** Longer than anything here takes on a busy machine. */
const DEADLINE_MS = 20_000;
const LOOK_MS = 10;

/**
 * Looks until `condition` gives something, and gives that; throws what it waited for after the
 * deadline. What `condition` throws is thrown at once.
 */
export async function until<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
