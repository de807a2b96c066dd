import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { checkAtWrite } from '../../src/leasing/last-instant.ts';
import { serve } from '../apply/support.ts';
import { heldAt } from './support.ts';

/** Requests over one kept connection to a server that counts what arrives. */
async function client() {
  const arrived: string[] = [];
  const { host } = await serve((request, response) => {
    arrived.push(request.url!);
    response.end();
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const held = heldAt();
  const put = (path: string, afterMade?: () => void) =>
    new Promise<unknown>((resolve) => {
      const request = httpRequest(`http://${host}${path}`, { method: 'PUT', agent });
      request.on('response', (response) => response.on('end', () => resolve('answered')).resume());
      request.on('error', resolve);
      checkAtWrite(request, held.guard);
      request.end('body');
      afterMade?.();
    });
  return { arrived, put, ...held };
}

describe('a request that is looked at when it is written', () => {
  it('leaves while the lease is held, on a new connection and on a kept one', async () => {
    const { arrived, put } = await client();
    expect(await put('/1')).toBe('answered');
    expect(await put('/2')).toBe('answered');
    expect(arrived).toEqual(['/1', '/2']);
  });

  it('does not leave on a new connection when the lease ended before it was there', async () => {
    const { arrived, put, clocks } = await client();
    const result = await put('/1', () => clocks.run(300));
    expect(result).toMatchObject({ code: 'ERR_TARDY_LEASE_LOST' });
    expect(arrived).toEqual([]);
  });

  it('that has its connection already is looked at at once', async () => {
    const { clocks, guard } = await client();
    const { host } = await serve((_, response) => response.end());
    const request = httpRequest(`http://${host}/`, { method: 'PUT' });
    const ended = new Promise((resolve) => request.on('error', resolve));
    request.flushHeaders();
    await once(request, 'socket');
    clocks.run(300);
    checkAtWrite(request, guard);
    expect(await ended).toMatchObject({ code: 'ERR_TARDY_LEASE_LOST' });
  });

  it('does not leave on a kept one when the lease ended since it was made', async () => {
    const { arrived, put, clocks } = await client();
    await put('/1');
    const result = await put('/2', () => clocks.run(300));
    expect(result).toMatchObject({ code: 'ERR_TARDY_LEASE_LOST' });
    expect(arrived).toEqual(['/1']);
  });
});
