import type { RequestListener } from 'node:http';
import express from 'express';
import { describe, expect, it } from 'vitest';
import type { ApiSource } from '../../src/api/router.ts';
import { createRouter } from '../../src/api/router.ts';
import { serve } from '../collectors/clock-header-support.ts';

const REPORTS: Readonly<Record<string, unknown>> = {
  '/clock': { node: 'a', source: 'none' },
  '/pauses': { node: 'a', pauses: [] },
};

async function served(): Promise<string> {
  const app = express();
  const source = {
    clockReport: () => REPORTS['/clock'],
    pausesReport: () => REPORTS['/pauses'],
  } as unknown as ApiSource;
  app.use(createRouter(source));
  return `http://${await serve(app as RequestListener)}`;
}

describe.each(Object.keys(REPORTS))('%s', (path) => {
  it('is JSON that nobody keeps', async () => {
    const response = await fetch(`${await served()}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual(REPORTS[path]);
  });

  it('takes no query', async () => {
    const response = await fetch(`${await served()}${path}?peer=b`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      detail: expect.stringContaining('takes no query') as string,
    });
  });

  it.each(['POST', 'DELETE'])('refuses %s, and says what it takes', async (method) => {
    const response = await fetch(`${await served()}${path}`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });
});
