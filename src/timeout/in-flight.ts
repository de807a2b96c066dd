/**
 * Requests on their way, oldest first: each is an observation "longer than its age".
 *
 * A dead peer emits no event, so its silence must be read from what is still waiting. Linked
 * through the requests themselves: joining and leaving cost no search and no allocation.
 */
export interface Linked {
  previous: Linked | undefined;
  next: Linked | undefined;
}

export class InFlightList<T extends Linked> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one that joined first. */
  get oldest(): T | undefined {
    return this.#first;
  }

  add(item: T): void {
    item.previous = this.#last;
    item.next = undefined;
    if (this.#last) this.#last.next = item;
    else this.#first = item;
    this.#last = item;
    this.#size++;
  }

  /** Takes out an item that is in this list. */
  remove(item: T): void {
    if (item.previous) item.previous.next = item.next;
    else this.#first = item.next as T | undefined;
    if (item.next) item.next.previous = item.previous;
    else this.#last = item.previous as T | undefined;
    item.previous = item.next = undefined;
    this.#size--;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let item = this.#first; item; item = item.next as T | undefined) yield item;
  }
}
