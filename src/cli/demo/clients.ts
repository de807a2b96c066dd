/**
 * The four ways a Node program sends requests, each with its own timeout setting. undici and
 * axios are not dependencies of the package: where they are not installed, the demo goes on with
 * the others.
 */
import { Agent, request as httpRequest } from 'node:http';
import { adaptiveFetch } from '../../fetch.ts';

export interface Call {
  readonly method: string;
  readonly url: string;
  readonly timeoutMs: number;
}

export interface Client {
  readonly name: string;
  /** Resolves when the body has been read; rejects for whatever reason the client gives. */
  send(call: Call): Promise<void>;
}

export interface Clients {
  readonly clients: readonly Client[];
  /** Packages that are not installed. */
  readonly missing: readonly string[];
}

/** Packages by import, so that a test can leave one out. */
export interface Importers {
  undici(): Promise<Pick<typeof import('undici'), 'request'>>;
  axios(): Promise<Pick<typeof import('axios'), 'default'>>;
}

const IMPORTERS: Importers = {
  undici: () => import('undici'),
  axios: () => import('axios'),
};

export async function loadClients(importers: Importers = IMPORTERS): Promise<Clients> {
  const missing: string[] = [];
  const optional = async (name: string, load: () => Promise<Client>): Promise<Client[]> => {
    try {
      return [await load()];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
      missing.push(name);
      return [];
    }
  };
  const undici = await optional('undici', async () => undiciClient(await importers.undici()));
  const axios = await optional('axios', async () => axiosClient(await importers.axios()));
  return { clients: [fetchClient, ...undici, ...axios, httpClient()], missing };
}

const fetchClient: Client = {
  name: 'fetch',
  async send({ method, url, timeoutMs }) {
    const response = await fetch(url, { method, signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
  },
};

/** Waits as long as advised: no timeout is set by hand. */
export const adaptiveClient: Client = {
  name: 'adaptiveFetch',
  async send({ method, url }) {
    const response = await adaptiveFetch(url, { method });
    await response.arrayBuffer();
  },
};

/** Not `headersTimeout`: below a second it fires after about one. */
function undiciClient({ request }: Pick<typeof import('undici'), 'request'>): Client {
  return {
    name: 'undici',
    async send({ method, url, timeoutMs }) {
      const signal = AbortSignal.timeout(timeoutMs);
      const { body } = await request(url, { method: method as 'GET', signal });
      await body.dump();
    },
  };
}

function axiosClient({ default: axios }: Pick<typeof import('axios'), 'default'>): Client {
  return {
    name: 'axios',
    async send({ method, url, timeoutMs }) {
      await axios.request({ method, url, timeout: timeoutMs });
    },
  };
}

function httpClient(): Client {
  const agent = new Agent({ keepAlive: true });
  return {
    name: 'node:http',
    send: ({ method, url, timeoutMs: timeout }) =>
      new Promise((resolve, reject) => {
        const request = httpRequest(url, { method, timeout, agent }, (response) => {
          response.resume();
          response.once('close', resolve);
        });
        request.once('timeout', () => request.destroy());
        request.once('error', reject);
        request.end();
      }),
  };
}
