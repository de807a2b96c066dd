/** One real node among many: tells its CPU when asked. */
import { BenchNode, type BenchNodeOptions } from './bench-node.ts';

process.on('disconnect', () => process.exit(9));
const node = new BenchNode(JSON.parse(process.argv[2] ?? '{}') as BenchNodeOptions);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const views = node.liveness.peers();
  process.send?.({
    ...{ cpuMs: (user + system) / 1000, atMs: performance.now() },
    watched: views.length,
    alive: views.filter(({ state }) => state === 'alive' || state === 'slow').length,
  });
});
process.send?.('ready');
