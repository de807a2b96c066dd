/**
 * What is expected of the next reply: the curve that survival, phi, timeout and hedge delay read.
 *
 * ln RTT = centre + spread · x: where replies lie now (location.ts), how they lie around it
 * (residual-histogram.ts), and how far the promise was kept (calibration.ts). A jump of the level
 * (change-detector.ts) moves the centre and keeps the shape; a change of the shape
 * (shape-monitor.ts) halves the memory of it.
 *
 * Replies right after a jump to a slower level are a population of their own: some bursts end
 * after twenty requests, some slowdowns stay. So they have a shape of their own, once enough of
 * them were seen; before, and again when the level has held, the shape of calm times counts.
 *
 * One request is judged once, against what it was armed with: `armed` is the stance of that
 * moment, so that requests on their way during a jump count as the surprise that they were.
 */
import type { Counts } from '../histogram/counts.ts';
import { Account } from './calibration.ts';
import { ChangeDetector, DRIFT, type Jump } from './change-detector.ts';
import { correctedPhi, type Level, levelCheckpoint, promisedPhi } from './corrected-phi.ts';
import { Location, logOf } from './location.ts';
import { fillResiduals } from './residual-fill.ts';
import type { ResidualCurve } from './residual-curve.ts';
import type { TimeoutSettings } from './settings.ts';
import { Shape } from './shape.ts';
import { ShapeMonitor } from './shape-monitor.ts';

/** Replies remembered, as false timeouts that they should hold: 1,000 give p to within 3 %. */
const MEMORY_EXCEEDED = 1000;
const FADE_TO = 0.8;
/** What is kept of a shape that no longer fits. */
const FORGET_TO = 0.5;
/** Up to so many, all is fitted anew from the counts: first guesses would stay in the residuals. */
const FIT_MAX = 5000;
/** The curve is read anew when so many residuals are new: a share of all, within bounds. */
const NEW_SHARE = 0.05;
/** … while it is young, when reading means fitting. */
const NEW_SHARE_YOUNG = 0.2;
const NEW_MIN = 16;
const NEW_MAX = 2000;
/** A change of the correction, in phi, from which on the timeout is read anew: 0.5 % of the rate. */
const THETA_STEP = 0.002;
/** Replies without which jumps are not told. */
const JUMPS_FROM = 50;
/** Levels that are calibrated beside the target. */
const LEVELS = [0.1, 0.01, 0.001] as const;
/** After a jump to a slower level, so many replies are a population of their own … */
const JUMPED_FOR = 500;
/** Requests before which no level is believed to be new. */
const SETTLED_FROM = 1000;
/** Replies after a jump in which some may have been armed before it. */
const BEFORE_FOR = 2 * JUMPED_FOR;
/** … once they hold so many false timeouts. */
const JUMPED_EXCEEDED = 3;
/** Residuals of one silence that count. */
const PROVISIONAL_MAX = 1500;
const PHI_MEDIAN = Math.log10(2);
/** Farthest phi told: S = 1e-300. */
const PHI_MAX = 300;

export interface Judged {
  /** How long it waited, in ms. */
  readonly durationMs: number;
  /** The reply takes longer than that. */
  readonly censored: boolean;
  /** What it was armed with; undefined where it is not to be judged. */
  readonly armedMs?: number | undefined;
  /** The stance when it was armed; guessed from `armedMs` if not given. */
  readonly stance?: Stance | undefined;
}

/** Replies left the level that they had held, or came back to it. */
export type LevelChange = 'left' | 'returned';

interface Residual {
  readonly shape: Shape;
  readonly x: number;
  readonly censored: boolean;
}

/** From where a timeout was read. */
export interface Stance {
  readonly centre: number;
  readonly shape: Shape;
}

export class ReplyModel {
  readonly #settings: TimeoutSettings;
  readonly #location = new Location();
  readonly #detector = new ChangeDetector();
  readonly #monitors = [new ShapeMonitor(0.1), new ShapeMonitor(0.01)];
  readonly #calm: Shape;
  readonly #jumped: Shape;
  readonly #target: Level;
  readonly #targetAt: number;
  readonly #levels: readonly Level[];
  readonly #memory: number;
  /** Floor and ceiling for now: what is armed there is not judged, no correction would move it. */
  floorMs = 0;
  heldMs = Infinity;
  /** Requests that it has seen in all. */
  #seen = 0;
  #new = 0;
  #misfit = false;
  /** Residuals between these surprise nobody. */
  #usualFrom = Infinity;
  #usualTo = -Infinity;
  /** Once replies have jumped, what is in the window is of several levels. */
  #hasJumped = false;
  /** Replies since the last jump to a slower level, and to any. */
  #sinceJump = Infinity;
  #sinceAnyJump = Infinity;
  /** Where replies were before they jumped, and whether they are somewhere else now. */
  #settledCentre = 0;
  #isAway = false;
  /** The stance before the last change of it: some requests on their way were armed with it. */
  #before: Stance;
  /** Residuals since `checkpoint`, to be taken back. */
  #provisional: Residual[] | undefined;

  constructor(settings: TimeoutSettings) {
    this.#settings = settings;
    this.#memory = MEMORY_EXCEEDED / settings.targetRate;
    const rates = new Set([settings.targetRate, ...LEVELS]);
    this.#levels = [...rates]
      .sort((a, b) => b - a)
      .map((p) => ({ account: new Account(p), theta: 0, isTarget: p === settings.targetRate }));
    this.#targetAt = this.#levels.findIndex(({ account }) => account.p === settings.targetRate);
    this.#target = this.#levels[this.#targetAt] as Level;
    this.#calm = new Shape(rates.size);
    this.#jumped = new Shape(rates.size);
    this.#before = this.stance;
  }

  get seen(): number {
    return this.#seen;
  }

  /** Replies that the curve rests on. */
  get replies(): number {
    return this.#calm.curve.replies;
  }

  /** Replies have just jumped to a slower level. */
  get hasJumped(): boolean {
    return this.#sinceJump < JUMPED_FOR;
  }

  /** The level has held for so long that the window's own median may lie in the past. */
  get isSettled(): boolean {
    return this.#seen >= SETTLED_FROM && this.#sinceAnyJump >= JUMPED_FOR;
  }

  /** From where a timeout is read now. */
  get stance(): Stance {
    return { centre: this.#location.centre, shape: this.#shape };
  }

  get account(): Account {
    return this.#target.account;
  }

  /** True where enough is new that `read` is worth it. */
  get isStale(): boolean {
    const total = this.#calm.residuals.total + this.#jumped.residuals.total;
    const share = this.isYoung ? NEW_SHARE_YOUNG : NEW_SHARE;
    return this.#new >= Math.max(NEW_MIN, Math.min(NEW_MAX, share * total));
  }

  get hasNew(): boolean {
    return this.#new > 0;
  }

  /** True while so little was seen that fitting all of it anew beats going on from guesses. */
  get isYoung(): boolean {
    return this.#seen <= FIT_MAX && !this.#hasJumped;
  }

  /** What it shows of the level of replies, if that changed. */
  observe({ durationMs, censored, armedMs, stance }: Judged): LevelChange | undefined {
    const logMs = logOf(durationMs);
    if (this.#seen++ === 0) this.#location.jump(logMs, 1);
    this.#new++;
    const armed = stance ?? this.#stanceAt(armedMs);
    const centre = armed ? armed.centre : this.#location.centre;
    const shape = armed ? armed.shape : this.#shape;
    const x = (logMs - centre) / this.#location.spread;
    this.#count(shape, x, censored);
    // Who gives up is not chosen by chance: it tells that the reply takes longer, and no more.
    if (armedMs === undefined) return undefined;
    const { minMs, maxMs } = this.#settings;
    const isHeld =
      armedMs >= Math.min(maxMs, this.heldMs) || armedMs <= Math.max(minMs, this.floorMs);
    this.#levels[this.#targetAt]?.account.judge(censored || durationMs > armedMs, isHeld);
    this.#judge(
      shape,
      censored ? Infinity : x,
      (Math.log(armedMs) - centre) / this.#location.spread,
    );
    return this.#follow(logMs, censored);
  }

  /** All that is known, anew from these counts: for the first replies, and after a merge. */
  fit(counts: Counts): void {
    this.#location.fit(counts);
    const { residuals } = this.#calm;
    this.#jumped.residuals.clear();
    this.#sinceJump = Infinity;
    this.#detector.reset();
    fillResiduals(residuals, counts, (logMs) => this.#residualOf(logMs));
    this.#seen = Math.max(this.#seen, residuals.total);
  }

  /** Reads the curve anew. `waitingMs`: ages of requests on their way, cut off for now. */
  read(waitingMs: readonly number[] = []): void {
    if (!this.#provisional) this.#fade();
    const { residuals } = this.#shape;
    const waiting = waitingMs.map((ms) => this.#residualOf(logOf(ms)));
    for (const x of waiting) residuals.add(x, true);
    this.#calm.curve.read(this.#calm.residuals, this.#location.spread);
    this.#jumped.curve.read(this.#jumped.residuals, this.#location.spread);
    for (const x of waiting) residuals.remove(x, true);
    this.#usualFrom = this.#calm.curve.fastXAt(DRIFT / Math.LN10);
    this.#usualTo = this.#calm.curve.xAt(DRIFT / Math.LN10);
    for (const monitor of this.#monitors) monitor.x = this.#calm.curve.xAt(-Math.log10(monitor.p));
    for (let i = 0; i < this.#levels.length; i++) this.#readLevel(i);
    this.#new = 0;
  }

  /** What fades is gone, so not while it may have to be as it was. */
  #fade(): void {
    if (this.#misfit) this.#calm.residuals.fade(FORGET_TO);
    this.#misfit = false;
    for (const { residuals } of [this.#calm, this.#jumped]) {
      if (residuals.total > this.#memory) residuals.fade(FADE_TO);
    }
  }

  /** What to arm, in ms, before floor and ceiling; never below the median. */
  timeoutMs(): number {
    return this.#msAt(this.#shape.levelXs[this.#targetAt] as number);
  }

  /** When 1 − p of the replies have come, for any p in (0, 1). */
  quantileMs(p: number): number {
    return this.#msAt(this.#curveOf(this.#shape).xAt(correctedPhi(this.#levels, -Math.log10(p))));
  }

  /** −log10 S(t): 0 … PHI_MAX. */
  phi(durationMs: number): number {
    if (!(durationMs > 0)) return 0;
    const x = this.#residualOf(Math.log(Math.min(durationMs, Number.MAX_SAFE_INTEGER)));
    return Math.min(
      PHI_MAX,
      Math.max(0, promisedPhi(this.#levels, this.#curveOf(this.#shape).phiAt(x))),
    );
  }

  /** From here on everything can be taken back by `rollBack`, or kept by `commit`. */
  checkpoint(): () => void {
    this.#provisional = [];
    const restore = [
      this.#location.checkpoint(),
      this.#detector.checkpoint(),
      ...this.#monitors.map((monitor) => monitor.checkpoint()),
      ...[this.#calm, this.#jumped].map((shape) => shape.checkpoint()),
      ...this.#levels.map((level) => levelCheckpoint(level)),
    ];
    const [seen, misfit, before] = [this.#seen, this.#misfit, this.#before];
    const [since, sinceAny, fresh] = [this.#sinceJump, this.#sinceAnyJump, this.#new];
    const [usualFrom, usualTo] = [this.#usualFrom, this.#usualTo];
    const [settled, away, jumped] = [this.#settledCentre, this.#isAway, this.#hasJumped];
    return () => {
      for (const { shape, x, censored } of this.#provisional ?? []) {
        shape.residuals.remove(x, censored);
      }
      restore.forEach((each) => each());
      this.#seen = seen;
      this.#misfit = misfit;
      this.#before = before;
      this.#sinceJump = since;
      this.#sinceAnyJump = sinceAny;
      this.#settledCentre = settled;
      this.#isAway = away;
      this.#hasJumped = jumped;
      this.#usualFrom = usualFrom;
      this.#usualTo = usualTo;
      this.#new = fresh;
      this.#provisional = undefined;
    };
  }

  commit(): void {
    this.#provisional = undefined;
  }

  #residualOf(logMs: number): number {
    return this.#location.residual(logMs);
  }

  #msAt(x: number): number {
    return Math.exp(this.#location.centre + this.#location.spread * x);
  }

  /** The population that the next reply belongs to. */
  get #shape(): Shape {
    return this.hasJumped ? this.#jumped : this.#calm;
  }

  /** The curve of a population; that of calm times while it is not known. */
  #curveOf(shape: Shape): ResidualCurve {
    const known = shape.curve.replies * this.#settings.targetRate >= JUMPED_EXCEEDED;
    return known ? shape.curve : this.#calm.curve;
  }

  /** The stance before the last change of it, if a request was armed in that. */
  #stanceAt(armedMs: number | undefined): Stance | undefined {
    if (armedMs === undefined || this.#sinceAnyJump > BEFORE_FOR) return undefined;
    const logMs = Math.log(armedMs);
    const off = ({ centre, shape }: Stance) =>
      Math.abs(logMs - centre - this.#location.spread * (shape.levelXs[this.#targetAt] as number));
    return off(this.#before) < off(this.stance) ? this.#before : undefined;
  }

  /** What may have to be taken back must be remembered, and more of the same tells nothing. */
  #count(shape: Shape, x: number, censored: boolean): void {
    if (this.#provisional && this.#provisional.length >= PROVISIONAL_MAX) return;
    this.#provisional?.push({ shape, x, censored });
    shape.residuals.add(x, censored);
  }

  /** Levels that were waited for: whether the reply, at x or later, exceeded them. */
  #judge(shape: Shape, x: number, armedX: number): void {
    const { levelXs } = shape;
    for (let i = 0; i < this.#levels.length; i++) {
      const level = this.#levels[i] as Level;
      if (i !== this.#targetAt) {
        const levelX = levelXs[i] as number;
        if (armedX >= levelX) level.account.judge(x > levelX);
        else level.account.relax();
      }
      const moved = level.account.theta - level.theta;
      if (moved > THETA_STEP || moved < -THETA_STEP) this.#readLevel(i);
    }
    if (shape !== this.#calm) return;
    for (const monitor of this.#monitors) {
      if (armedX < monitor.x || monitor.x === Infinity) continue;
      if (monitor.observe(x > monitor.x, shape.residuals.total)) this.#misfit = true;
    }
  }

  #follow(logMs: number, censored: boolean): LevelChange | undefined {
    const centre = this.#location.centre;
    const shape = this.#shape;
    this.#location.follow(logMs, censored);
    if (++this.#sinceJump === JUMPED_FOR) this.#before = { centre, shape };
    const settled = this.#settle();
    const { curve } = this.#calm;
    if (this.#seen < JUMPS_FROM || curve.replies === 0) return settled;
    const x = this.#residualOf(logMs);
    if (this.#detector.isIdle && x < this.#usualTo && (x > this.#usualFrom || censored)) {
      return settled;
    }
    const slow = Math.LN10 * curve.phiAt(x);
    const fast = censored ? 0 : Math.LN10 * curve.fastPhiAt(x);
    const jump = this.#detector.observe(logMs, { slow, fast }, this.#location.spread);
    return jump ? this.#jump(jump, { centre, shape }) : settled;
  }

  #jump(jump: Jump, before: Stance): LevelChange | undefined {
    this.#hasJumped = true;
    this.#before = before;
    this.#sinceJump = jump.centre > this.#location.centre ? 0 : Infinity;
    this.#location.jump(jump.centre, jump.replies);
    this.#sinceAnyJump = 0;
    const wasAway = this.#isAway;
    this.#isAway = Math.abs(jump.centre - this.#settledCentre) > this.#location.spread;
    if (wasAway === this.#isAway) return undefined;
    return this.#isAway ? 'left' : 'returned';
  }

  /** A level that has held for long enough is where replies are at home. */
  #settle(): LevelChange | undefined {
    this.#sinceAnyJump++;
    const { centre, spread } = this.#location;
    const isBack = this.#isAway && Math.abs(centre - this.#settledCentre) < spread;
    if (isBack || this.#sinceAnyJump >= JUMPED_FOR) this.#isAway = false;
    if (!this.#isAway) this.#settledCentre = centre;
    return isBack ? 'returned' : undefined;
  }

  #readLevel(at: number): void {
    const level = this.#levels[at] as Level;
    level.theta = level.account.theta;
    const phi = Math.max(0, level.account.phi + level.theta);
    for (const shape of [this.#calm, this.#jumped]) {
      const curve = this.#curveOf(shape);
      shape.levelXs[at] = Math.max(curve.xAt(phi), curve.xAt(PHI_MEDIAN));
    }
  }
}
