/** Who belongs to the group, who of them we are, and who watches whom. */
import { membershipDigest, nameHash } from './names.ts';
import { Observers } from './observers.ts';

export class Group {
  /** Our own name; undefined until it is known. */
  self: string | undefined;
  observers: Observers;
  digest = 0;
  readonly #byHash = new Map<string, string>();
  readonly #k: number | undefined;

  /** `k`: observers a member, where not everyone watches everyone. */
  constructor(self: string | undefined, k: number | undefined) {
    this.self = self;
    this.#k = k;
    this.observers = new Observers([], k);
  }

  /** We ourselves always belong to it. */
  setMembers(names: readonly string[]): void {
    this.observers = new Observers(
      this.self === undefined ? names : [...names, this.self],
      this.#k,
    );
    this.digest = membershipDigest(this.observers.members);
    this.#byHash.clear();
    for (const name of this.observers.members) this.#byHash.set(nameHash(name), name);
  }

  /** Whose `nameHash` it is. */
  nameOf(hash: string): string | undefined {
    return this.#byHash.get(hash);
  }

  /** Whom we are to watch; everyone while we do not know who we are. */
  watched(): Set<string> {
    const { self, observers } = this;
    return new Set(self === undefined ? observers.members : observers.watchedBy(self));
  }
}
