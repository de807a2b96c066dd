/**
 * One node as `createTardy()` makes it, as far as liveness goes: the real Liveness with its real
 * sockets, its watch over the event loop and its drain gate; several fit into one process.
 */
import { createServer, type Server } from 'node:http';
import { collectRuntime, type Runtime } from '../../../collectors/runtime.ts';
import { readConfig } from '../../../src/config.ts';
import type { MembershipEvent } from '../../../src/membership/types.ts';
import { Liveness } from '../../../src/liveness/liveness.ts';
import { PeerTable } from '../../../src/peers/peer-table.ts';
import { type Pause, PauseLog } from '../../../src/pause/pause-log.ts';
import { Diagnostics } from '../../../src/telemetry/diagnostics.ts';
import { Timekeeping } from '../../../src/timekeeping/timekeeping.ts';
import { Estimator } from '../../../src/timeout/estimator.ts';

/** Every node listens for the end of its process. */
process.setMaxListeners(0);

export const SECRET = 'known to the nodes of a bench';

/** When it was told, by the wall clock that all processes of a machine share. */
export type LiveEvent = MembershipEvent & { readonly atWallMs: number };

export interface BenchNodeOptions {
  readonly name: string;
  /** `name=url`, ourselves among them. */
  readonly peers: readonly string[];
  readonly heartbeatMs: number;
  readonly udpPort?: number;
  readonly workerResponder?: boolean;
  /** Answers heartbeats over HTTP on this port. */
  readonly httpPort?: number;
  /** `''`: none. Default: one that all know. */
  readonly secret?: string;
  readonly onEvent?: (event: LiveEvent) => void;
  readonly onPause?: (pause: Pause) => void;
}

export class BenchNode {
  readonly liveness: Liveness;
  readonly #runtime: Runtime;
  readonly #server: Server | undefined;

  constructor(options: BenchNodeOptions) {
    const {
      name: nodeName,
      peers,
      heartbeatMs,
      workerResponder = false,
      secret = SECRET,
    } = options;
    const config = readConfig({ heartbeatMs }, {});
    const pauses = new PauseLog({ tickMs: config.pauseTickMs, lateMs: config.pauseLateMs });
    const pausedMs = (fromMs: number, toMs: number) => pauses.overlapMs(fromMs, toMs);
    const diagnostics = new Diagnostics();
    const timekeeping = new Timekeeping({
      ...{ ...config, localTime: false, diagnostics },
      emit: () => undefined,
      peers: () => [],
      onSuspended: () => undefined,
    });
    const { hlc, now } = timekeeping;
    this.liveness = new Liveness({
      ...{ ...config, peers, nodeName, heartbeatMs, workerResponder, pausedMs, diagnostics },
      ...{ hlc, now, reference: () => undefined },
      emit: (event) => options.onEvent?.({ ...event, atWallMs: Date.now() }),
      secret: secret === '' ? undefined : secret,
      suspectPhi: config.suspectPhi,
      udpPort: options.udpPort,
      table: new PeerTable(config, () => new Estimator({}, pausedMs)),
    });
    this.#runtime = collectRuntime({
      ...{ pauses, diagnostics },
      arrivals: () => this.liveness.arrivals,
      onTick: () => timekeeping.tick(),
      onPause: (pause) => {
        this.liveness.localPause(pause);
        options.onPause?.(pause);
      },
    });
    this.liveness.start(this.#runtime);
    if (options.httpPort !== undefined) {
      this.#server = createServer((request, response) => this.liveness.handle(request, response));
      this.#server.listen(options.httpPort, '127.0.0.1');
    }
  }

  async stop(): Promise<void> {
    this.#runtime.stop();
    this.#server?.close();
    this.#server?.closeAllConnections();
    await this.liveness.stop();
  }
}
