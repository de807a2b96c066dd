import type { MeterProvider } from '@opentelemetry/api';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import { createTardy, type Tardy, type TardyOptions } from './tardy.ts';
import { VERSION } from './version.ts';

export type TardyInstrumentationConfig = InstrumentationConfig & TardyOptions;

/**
 * Tardy for a NodeSDK of your own: `new NodeSDK({ instrumentations: [new TardyInstrumentation()] })`.
 * It exports through the MeterProvider that the SDK hands over. Throws ERR_TARDY_CONFIG for
 * settings it does not know.
 *
 * It has the face of an instrumentation without its base class: nothing is patched, so there is
 * nothing to inherit, and the base class of one SDK line does not load beside the API of another.
 */
export class TardyInstrumentation implements Instrumentation<TardyInstrumentationConfig> {
  readonly instrumentationName = 'tardy';
  readonly instrumentationVersion: string = VERSION;
  #config: TardyInstrumentationConfig;
  #tardy: Tardy | undefined;
  #provider: MeterProvider | undefined;

  constructor(config: TardyInstrumentationConfig = {}) {
    this.#config = config;
    if (config.enabled !== false) this.enable();
  }

  /** The instance behind it: advice, peers. */
  get tardy(): Tardy {
    return (this.#tardy ??= createTardy(this.#config));
  }

  enable(): void {
    this.tardy.start();
    if (this.#provider) this.tardy.attach(this.#provider);
  }

  disable(): void {
    void this.#tardy?.stop();
    this.#tardy = undefined;
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#provider = provider;
    this.#tardy?.attach(provider);
  }

  /** There are no spans. */
  setTracerProvider(): void {
    return;
  }

  /** Takes effect at the next `enable()` after a `disable()`. */
  setConfig(config: TardyInstrumentationConfig): void {
    this.#config = config;
  }

  getConfig(): TardyInstrumentationConfig {
    return this.#config;
  }
}
