import type { Operation } from "./operations.ts";
import { RawClient, type SessionKey } from "./raw_client.ts";
import { sighting } from "./sighting.ts";

/** What a burst led to: for each session, in order, all that it was sent; "closed" at the end of one. */
export type Sightings = readonly (readonly string[])[];

/** A server under observation, and the sessions that do the same on every server. */
export class ObservedServer {
  readonly #port: number;
  readonly #clients: RawClient[] = [];
  readonly #names = new Map<bigint, string>([[0n, "nobody"]]);
  readonly #types = new Map<number, number>();
  #xid = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Opens a session at a place; whoever had it before is gone. */
  async open(place: number): Promise<void> {
    const client = await RawClient.open(this.#port);
    this.#names.set(client.session.sessionId, `session ${this.#names.size}`);
    this.#clients[place] = client;
  }

  /** Drops the connection at a place, and attaches to its session again. */
  async reattach(place: number): Promise<void> {
    const { session } = this.#at(place);
    await this.#at(place).drop();
    await this.attach(place, session);
  }

  async attach(place: number, key: SessionKey): Promise<void> {
    this.#clients[place] = await RawClient.open(this.#port, { key });
  }

  isClosed(place: number): boolean {
    return this.#at(place).isClosed;
  }

  key(place: number): SessionKey {
    return this.#at(place).session;
  }

  /** Sends all operations at once from one place; waits until every session knows what it will. */
  async burst(place: number, operations: readonly Operation[]): Promise<Sightings> {
    const client = this.#at(place);
    client.together(() => {
      for (const { type, write } of operations) {
        this.#types.set(++this.#xid, type);
        client.send(this.#xid, type, write);
      }
    });
    await client.until(this.#xid);
    await Promise.all(this.#clients.map((each) => each.settle()));
    return this.#clients.map((each) => [
      ...each.take().map((packet) =>
        sighting(
          packet,
          (xid) => this.#types.get(xid) ?? 0,
          (id) => this.#names.get(id) ?? "somebody",
        )
      ),
      ...(each.isClosed ? ["closed"] : []),
    ]);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.drop();
  }

  #at(place: number): RawClient {
    const client = this.#clients[place];
    if (client === undefined) throw new Error(`No session at place ${place}`);
    return client;
  }
}
