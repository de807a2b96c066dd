/**
 * Every metric, once: name, kind, unit, attributes, description. The exporter, the dashboards and
 * the docs are made from this table.
 *
 * Semantic-convention attribute names where there is one. Unit seconds unless said. No data is a
 * missing series, never 0.
 */
export const SCOPE_NAME = 'tardy';

export type MetricKind = 'histogram' | 'gauge' | 'counter';

export interface Metric {
  readonly name: string;
  readonly kind: MetricKind;
  /** UCUM; never `1` on a gauge: Prometheus' OTLP receiver would rename it to `_ratio`. */
  readonly unit: string;
  readonly attributes: readonly string[];
  readonly description: string;
  /** Named already, so that names stay; nothing measures it yet. */
  readonly planned?: true;
}

/** Attribute names. */
export const ATTR = {
  /** `host:port` of the peer. */
  peer: 'peer',
  host: 'server.address',
  port: 'server.port',
  /** Route of the call as the caller sees it: method and path template, or a given name. */
  route: 'route',
  outcome: 'outcome',
  quantile: 'quantile',
  kind: 'kind',
  mode: 'mode',
  lateReply: 'late_reply',
  reason: 'reason',
  method: 'http.request.method',
  httpRoute: 'http.route',
  cause: 'cause',
  state: 'state',
  source: 'source',
  bound: 'bound',
  resource: 'resource',
} as const;

const PEER = [ATTR.peer, ATTR.host, ATTR.port];
const ROUTE = [...PEER, ATTR.route];

export const METRICS = {
  rtt: {
    name: 'tardy.client.rtt',
    kind: 'histogram',
    unit: 's',
    attributes: [...ROUTE, ATTR.outcome],
    description: 'Request written to response headers, by how the request ended',
  },
  rttQuantile: {
    name: 'tardy.client.rtt.quantile',
    kind: 'gauge',
    unit: 's',
    attributes: [...ROUTE, ATTR.quantile],
    description: 'Quantiles of the round trip in the window, within 0.8 %',
  },
  serverDuration: {
    name: 'tardy.server.duration',
    kind: 'histogram',
    unit: 's',
    attributes: [ATTR.method, ATTR.httpRoute],
    description: 'Request received to response sent, by route of our own server',
  },
  networkDelay: {
    name: 'tardy.network.delay',
    kind: 'histogram',
    unit: 's',
    attributes: PEER,
    description: 'Round trip less the time the server says it worked',
  },
  recommended: {
    name: 'tardy.timeout.recommended',
    kind: 'gauge',
    unit: 's',
    attributes: [...ROUTE, ATTR.kind],
    description: 'The timeout to set',
  },
  upperBound: {
    name: 'tardy.timeout.upper_bound',
    kind: 'gauge',
    unit: 's',
    attributes: [...ROUTE, ATTR.kind],
    description: 'Upper confidence bound of the quantile that the timeout stands for',
  },
  exceeded: {
    name: 'tardy.timeout.exceeded',
    kind: 'counter',
    unit: '{request}',
    attributes: [...ROUTE, ATTR.mode, ATTR.lateReply],
    description: 'Requests slower than the recommended timeout',
  },
  connect: {
    name: 'tardy.client.connect',
    kind: 'histogram',
    unit: 's',
    attributes: PEER,
    description: 'TCP handshake: answered by the kernel of the peer',
  },
  dns: {
    name: 'tardy.client.dns',
    kind: 'histogram',
    unit: 's',
    attributes: PEER,
    description: 'Name resolution before a TCP handshake',
  },
  wait: {
    name: 'tardy.client.wait',
    kind: 'histogram',
    unit: 's',
    attributes: PEER,
    description: 'From the call to the request written: waiting for a connection and making one',
  },
  censored: {
    name: 'tardy.client.censored',
    kind: 'counter',
    unit: '{request}',
    attributes: [...ROUTE, ATTR.reason],
    description: 'Requests that ended without a full reply, or whose reply could not be timed',
  },
  samples: {
    name: 'tardy.timeout.samples',
    kind: 'gauge',
    unit: '{sample}',
    attributes: ROUTE,
    description: 'Replies in the window that the recommendation rests on',
  },
  inFlightAge: {
    name: 'tardy.client.in_flight.age',
    kind: 'gauge',
    unit: 's',
    attributes: PEER,
    description: 'Age of the request that has waited longest for its reply',
  },
  pause: {
    name: 'tardy.pause.duration',
    kind: 'histogram',
    unit: 's',
    attributes: [ATTR.cause],
    description: 'Pauses of our own process',
  },
  loopDelay: {
    name: 'tardy.pause.loop_delay.quantile',
    kind: 'gauge',
    unit: 's',
    attributes: [ATTR.quantile],
    description: 'How long what comes at a random instant waits for our event loop, last minute',
  },
  configured: {
    name: 'tardy.timeout.configured',
    kind: 'gauge',
    unit: 's',
    attributes: [...ROUTE, ATTR.kind],
    description: 'The timeout that the code sets today',
  },
  hedge: {
    name: 'tardy.timeout.hedge',
    kind: 'gauge',
    unit: 's',
    attributes: ROUTE,
    description: 'When to send a second request to another replica',
  },
  calibration: {
    name: 'tardy.timeout.calibration',
    kind: 'gauge',
    unit: '{ratio}',
    attributes: ROUTE,
    description: 'Achieved over intended rate of false timeouts',
  },
  phi: {
    name: 'tardy.peer.phi',
    kind: 'gauge',
    unit: '{phi}',
    attributes: PEER,
    description: 'How surprising the silence of the peer is: -log10 of its probability if alive',
  },
  peerState: {
    name: 'tardy.peer.state',
    kind: 'gauge',
    unit: '{state}',
    attributes: [...PEER, ATTR.state],
    description: '1 for the state the peer is in, 0 for the others',
  },
  vote: {
    name: 'tardy.peer.vote',
    kind: 'gauge',
    unit: '{vote}',
    attributes: [...PEER, ATTR.state],
    description: 'What this observer says of the peer',
  },
  suspicions: {
    name: 'tardy.peer.suspicions',
    kind: 'counter',
    unit: '{suspicion}',
    attributes: [...PEER, ATTR.reason],
    description: 'Times the peer was suspected',
  },
  mistakes: {
    name: 'tardy.peer.mistakes',
    kind: 'counter',
    unit: '{mistake}',
    attributes: [...PEER, ATTR.reason],
    description: 'Suspicions that proved wrong',
  },
  clockOffset: {
    name: 'tardy.clock.offset',
    kind: 'gauge',
    unit: 's',
    attributes: [...PEER, ATTR.source],
    description: 'Clock of the peer or source less ours: the likeliest value',
  },
  clockBound: {
    name: 'tardy.clock.offset.bound',
    kind: 'gauge',
    unit: 's',
    attributes: [...PEER, ATTR.source, ATTR.bound],
    description: 'Between low and high lies the true offset',
  },
  clockUncertainty: {
    name: 'tardy.clock.uncertainty',
    kind: 'gauge',
    unit: 's',
    attributes: [...PEER, ATTR.source],
    description: 'Half the width of the interval that holds the true offset',
  },
  clockDrift: {
    name: 'tardy.clock.drift',
    kind: 'gauge',
    unit: '{ppm}',
    attributes: [...PEER, ATTR.source],
    description: 'Rate of the clock against ours',
  },
  clockSteps: {
    name: 'tardy.clock.steps',
    kind: 'counter',
    unit: '{step}',
    attributes: [...PEER, ATTR.source],
    description: 'Jumps of the clock',
  },
  clockFalseticker: {
    name: 'tardy.clock.falseticker',
    kind: 'gauge',
    unit: '{state}',
    attributes: [ATTR.source],
    description: '1 while the source disagrees with the majority of sources',
  },
  clockRefused: {
    name: 'tardy.clock.refused',
    kind: 'counter',
    unit: '{answer}',
    attributes: [ATTR.source, ATTR.reason],
    description: 'Answers of sources of time that were not believed',
  },
  clockSynchronised: {
    name: 'tardy.clock.synchronised',
    kind: 'gauge',
    unit: '{state}',
    attributes: [],
    description: '1 while a majority of sources says what true time is',
  },
  clockOrderUnknown: {
    name: 'tardy.clock.order_unknown',
    kind: 'gauge',
    unit: '{ratio}',
    attributes: PEER,
    description:
      'Share of neighbouring events here and at the peer whose timestamps do not tell the order',
  },
  fencingRejected: {
    name: 'tardy.fencing.rejected',
    kind: 'counter',
    unit: '{request}',
    attributes: [ATTR.resource],
    description: 'Writes refused for a stale fencing token',
  },
  leaseRemaining: {
    name: 'tardy.lease.remaining',
    kind: 'gauge',
    unit: 's',
    attributes: [ATTR.resource],
    description: 'Time left in which the holder may act',
  },
  selfSeries: {
    name: 'tardy.self.series',
    kind: 'gauge',
    unit: '{series}',
    attributes: [],
    description: 'Exported series in use, of the configured maximum',
  },
  selfErrors: {
    name: 'tardy.self.errors',
    kind: 'counter',
    unit: '{error}',
    attributes: [],
    description: 'Failures inside Tardy, kept away from the application',
  },
} as const satisfies Record<string, Metric>;
