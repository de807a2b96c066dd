/** Who belongs to the group, who of them we are, and who watches whom. */
import { Observers } from './observers.ts';

export class Group {
  /** Our own name; undefined until it is known. */
  self: string | undefined;
  observers: Observers;
  readonly #k: number | undefined;

  /** `k`: observers a member, where not everyone watches everyone. */
  constructor(self: string | undefined, k: number | undefined) {
    this.self = self;
    this.#k = k;
    this.observers = Observers.among([], k);
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
