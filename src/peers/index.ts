/** Peers, their routes, and what collectors report of them. */
export { type Ending, ENDINGS, OUTCOME } from './ending.ts';
export type { Exchange } from './exchange.ts';
export { pathTemplate } from './path-template.ts';
export type { Peer } from './peer.ts';
export { type PeerLimits, PeerTable } from './peer-table.ts';
export type { Route } from './route.ts';
export { OTHER, RouteSeries } from './route-series.ts';
export { RTT_BOUNDARIES_S, SeriesBudget } from './series-budget.ts';
export { ServerRoutes } from './server-routes.ts';
export { type Opening, Traffic } from './traffic.ts';
