import { describe, expect, it } from 'vitest';
import { type Importers, loadClients } from '../../../src/cli/demo/clients.ts';
import { childEnvironment } from '../../../src/cli/demo/cluster.ts';

const notInstalled = () =>
  Promise.reject(Object.assign(new Error('no such package'), { code: 'ERR_MODULE_NOT_FOUND' }));
const IMPORTERS: Importers = { undici: () => import('undici'), axios: () => import('axios') };

describe('the clients of the demo', () => {
  it('are four', async () => {
    const { clients, missing } = await loadClients();
    expect(clients.map(({ name }) => name)).toEqual(['fetch', 'undici', 'axios', 'node:http']);
    expect(missing).toEqual([]);
  });

  it('are those that are installed', async () => {
    const { clients, missing } = await loadClients({ ...IMPORTERS, axios: notInstalled });
    expect(clients.map(({ name }) => name)).toEqual(['fetch', 'undici', 'node:http']);
    expect(missing).toEqual(['axios']);
  });

  it('do not hide that a package is broken', async () => {
    const broken = () => Promise.reject(new SyntaxError('broken'));
    await expect(loadClients({ ...IMPORTERS, undici: broken })).rejects.toThrow('broken');
  });
});

describe('the environment of the children', () => {
  const env = {
    ...{ PATH: '/bin', HOME: '/root', LANG: undefined },
    ...{ TARDY_STATE_FILE: '/state', TARDY_ENABLED: 'false', OTEL_SDK_DISABLED: 'true' },
    ...{ NODE_OPTIONS: '--import x', http_proxy: 'http://proxy', HTTPS_PROXY: 'http://proxy' },
  };

  it('leaves out what would change what is shown', () => {
    expect(childEnvironment({ env, targetRate: 0.05 })).toEqual({
      PATH: '/bin',
      HOME: '/root',
      TARDY_PRESET: 'local',
      TARDY_TARGET_RATE: '0.05',
      TARDY_MODE: 'shadow',
      TARDY_RULES: '[{"route":"GET /quotes/:id","mode":"enforce","targetRate":0.05}]',
      TARDY_QUIET: 'true',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_SERVICE_NAME: 'tardy-demo',
    });
  });
});
