import { describe, expect, it } from 'vitest';
import {
  demoReport,
  demoReportSchema,
  noteAdvice,
  withoutAdvice,
} from '../../../src/cli/demo/demo-report.ts';
import { CLUSTER, DEMO_REPORT, FIRST, GATEWAY_REPORT } from './support.ts';

describe('the report of the demo', () => {
  it('has the shape that is documented', () => {
    const parsed = demoReportSchema.parse(JSON.parse(JSON.stringify(DEMO_REPORT)));
    expect(parsed).toEqual(JSON.parse(JSON.stringify(DEMO_REPORT)));
  });

  it('puts services and configured timeouts to the routes, in one order, and leaves others out', () => {
    const rows = DEMO_REPORT.timeouts.map(({ service, route, configuredTimeoutMs }) => [
      ...[service, route, configuredTimeoutMs],
    ]);
    expect(rows).toEqual([
      ['steady', 'GET /carts/:id', 1000],
      ['steady', 'GET /users/:id', 1000],
      ['tail', 'GET /search/:id', 250],
      ['bimodal', 'GET /items/:id', 1000],
      ['slowing', 'POST /orders', 1000],
    ]);
  });

  it('says when advice was first there, of all and of each service', () => {
    expect(DEMO_REPORT.firstAdviceMs).toBe(2071);
    expect(DEMO_REPORT.services.map(({ firstAdviceMs }) => firstAdviceMs)).toEqual([
      ...[2320, 2071, 2571, undefined, undefined],
    ]);
    expect(withoutAdvice(DEMO_REPORT)).toEqual(['slowing', 'enforced']);
  });

  it('says what the gateway calls each service', () => {
    expect(DEMO_REPORT.services.map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...['steady alive', 'tail alive', 'bimodal alive', 'slowing slow', 'enforced alive'],
    ]);
  });

  it('has no time of first advice without advice', () => {
    const first = new Map<string, number>();
    const settings = { targetRate: 0.01, durationS: 1, first, faults: [] };
    const report = demoReport({ cluster: CLUSTER, report: GATEWAY_REPORT, ...settings });
    expect(report).not.toHaveProperty('firstAdviceMs');
    expect(withoutAdvice(report)).toHaveLength(5);
  });

  it('keeps the first time that a peer had advice', () => {
    const first = new Map([['127.0.0.1:40001', 7]]);
    noteAdvice(first, GATEWAY_REPORT, 99.4);
    expect(Object.fromEntries(first)).toEqual({
      '127.0.0.1:40001': 7,
      '127.0.0.1:40002': 99,
      '127.0.0.1:40003': 99,
      'elsewhere:80': 99,
    });
    expect(FIRST.has('127.0.0.1:40004')).toBe(false);
  });
});
