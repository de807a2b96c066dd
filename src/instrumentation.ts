import type { MeterProvider } from '@opentelemetry/api';
import { InstrumentationBase, type InstrumentationConfig } from '@opentelemetry/instrumentation';
import { createTardy, type Tardy, type TardyOptions } from './tardy.ts';
import { VERSION } from './version.ts';

export type TardyInstrumentationConfig = InstrumentationConfig & TardyOptions;

/**
 * Tardy for a NodeSDK of your own: `new NodeSDK({ instrumentations: [new TardyInstrumentation()] })`.
 * It exports through the MeterProvider that the SDK hands over. Throws ERR_TARDY_CONFIG for
 * settings it does not know.
 */
export class TardyInstrumentation extends InstrumentationBase<TardyInstrumentationConfig> {
  // `declare`: the super constructor calls enable(), and a class field would wipe what it set.
  declare private attachTo: MeterProvider | undefined;
  declare private instance: Tardy | undefined;

  constructor(config: TardyInstrumentationConfig = {}) {
    super('tardy', VERSION, config);
  }

  /** The instance behind it: advice, peers. */
  get tardy(): Tardy {
    return (this.instance ??= createTardy(this.getConfig()));
  }

  override enable(): void {
    const { tardy } = this;
    tardy.start();
    if (this.attachTo) tardy.attach(this.attachTo);
  }

  override disable(): void {
    void this.instance?.stop();
    this.instance = undefined;
  }

  override setMeterProvider(provider: MeterProvider): void {
    super.setMeterProvider(provider);
    this.attachTo = provider;
    this.tardy.attach(provider);
  }

  protected override init(): undefined {
    return undefined; // nothing is patched: it listens to diagnostics channels
  }
}
