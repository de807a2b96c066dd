/** Who belongs to the group, who of them we are, and who watches whom. */
import { nameHash } from './names.ts';
import { Observers } from './observers.ts';

export class Group {
  #self: string | undefined;
  #selfHash: string | undefined;
  observers: Observers;
  readonly #k: number | undefined;

  /** `k`: observers a member, where not everyone watches everyone. */
  constructor(self: string | undefined, k: number | undefined) {
    this.self = self;
    this.#k = k;
    this.observers = Observers.among([], k);
  }

  /** Our own name; undefined until it is known. */
  get self(): string | undefined {
    return this.#self;
  }

  set self(name: string | undefined) {
    this.#self = name;
    this.#selfHash = name === undefined ? undefined : nameHash(name);
  }

  /** `nameHash` of our own name. */
  get selfHash(): string | undefined {
    return this.#selfHash;
  }

  /** We ourselves always belong to it. */
  setMembers(names: readonly string[]): void {
    const { self } = this;
    const members = self === undefined || names.includes(self) ? names : [...names, self];
    this.observers = Observers.among(members, this.#k);
  }

  get digest(): number {
    return this.observers.digest;
  }

  /** Whose `nameHash` it is. */
  nameOf(hash: string): string | undefined {
    return this.observers.nameOf(hash);
  }

  /** Whom we are to watch; everyone while we do not know who we are. */
  watched(): Set<string> {
    const { self, observers } = this;
    return new Set(self === undefined ? observers.members : observers.watchedBy(self));
  }
}
