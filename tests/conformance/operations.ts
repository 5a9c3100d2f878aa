import { createHash } from "node:crypto";
import type { Random } from "../../src/platform/random.ts";
import { multiRequest, type MultiRequestPart } from "../../src/zookeeper/protocol/multi.ts";
import { OpCode } from "../../src/zookeeper/protocol/opcodes.ts";
import * as requests from "../../src/zookeeper/protocol/requests.ts";
import type { Writer } from "../../src/zookeeper/protocol/writer.ts";
import type { Acl } from "../../src/zookeeper/zookeeper.ts";

/** One request, the same for every server. */
export interface Operation {
  readonly type: number;
  /** How it reads where two servers differ. */
  readonly text: string;
  readonly write: (writer: Writer) => void;
}

const UNKNOWN_OPCODE = 77;
const USERS = ["ann:secret", "bob:word"];
const OPEN: Acl = { permissions: 31, scheme: "world", id: "anyone" };

/** Draws requests that hit and miss, with valid and invalid arguments, on a small tree. */
export class Operations {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A request that may stand anywhere. `zxid` is about where the server is. */
  next(zxid: number): Operation {
    const roll = this.#random.next();
    if (roll < 0.3) return this.#create();
    if (roll < 0.42) return this.#delete();
    if (roll < 0.52) return this.#setData();
    if (roll < 0.66) return this.#multi();
    if (roll < 0.69) return this.#multiRead();
    if (roll < 0.86) return this.#read();
    if (roll < 0.96) return this.#watch();
    return this.#setWatches(zxid);
  }

  /** Proof of being somebody, known or not. */
  auth(): Operation {
    const scheme = this.#pick(["digest", "digest", "digest", "ip", "nobody"]);
    const credential = this.#pick([...USERS, "nocolon"]);
    return operation(
      OpCode.auth,
      `auth ${scheme} ${credential}`,
      (writer) =>
        requests.authRequest.write(writer, { scheme, credential: Buffer.from(credential) }),
    );
  }

  setAcl(): Operation {
    const request = { path: this.#path(), acl: this.#acl(), version: this.#version() };
    return operation(
      OpCode.setAcl,
      `setAcl ${show(request)}`,
      (writer) => requests.setAclRequest.write(writer, request),
    );
  }

  close(): Operation {
    return operation(OpCode.closeSession, "closeSession", () => {});
  }

  unknown(): Operation {
    return operation(UNKNOWN_OPCODE, "unknown opcode", () => {});
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  #create(): Operation {
    const type = this.#pick([OpCode.create, OpCode.create2, OpCode.createContainer]);
    const request = this.#createRequest(type);
    if (this.chance(0.02)) {
      const ttl = { ...request, flags: 5, ttlMs: 1_000 };
      return operation(
        OpCode.createTtl,
        `createTtl ${show(ttl)}`,
        (writer) => requests.createTtlRequest.write(writer, ttl),
      );
    }
    return operation(
      type,
      `create(${type}) ${show(request)}`,
      (writer) => requests.createRequest.write(writer, request),
    );
  }

  #createRequest(type: number): requests.CreateRequest {
    const flags = type === OpCode.createContainer
      ? this.#pick([0, 2, 4])
      : this.#pick([0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, -1]);
    return { path: this.#path(), data: this.#data(), acl: this.#acl(), flags };
  }

  #delete(): Operation {
    const request = { path: this.#path(), version: this.#version() };
    return operation(
      OpCode.delete,
      `delete ${show(request)}`,
      (writer) => requests.versionedRequest.write(writer, request),
    );
  }

  #setData(): Operation {
    const request = { path: this.#path(), data: this.#data(), version: this.#version() };
    return operation(
      OpCode.setData,
      `setData ${show(request)}`,
      (writer) => requests.setDataRequest.write(writer, request),
    );
  }

  #multi(): Operation {
    const parts = Array.from({ length: this.below(5) }, () => this.#part());
    return operation(
      OpCode.multi,
      `multi ${parts.map((part) => `${part.type} ${show(part)}`).join("; ")}`,
      (writer) => multiRequest.write(writer, parts),
    );
  }

  #part(): MultiRequestPart {
    const type = this.#pick([
      OpCode.create,
      OpCode.create2,
      OpCode.createContainer,
      OpCode.delete,
      OpCode.setData,
      OpCode.check,
    ]);
    switch (type) {
      case OpCode.delete:
      case OpCode.check:
        return { type, path: this.#path(), version: this.#version() };
      case OpCode.setData:
        return { type, path: this.#path(), data: this.#data(), version: this.#version() };
      default: {
        const request = this.#createRequest(type);
        // A mode with a time to live makes ZooKeeper 3.8 trip over itself here (ClassCastException).
        return {
          type,
          ...request,
          flags: request.flags === 5 || request.flags === 6 ? 0 : request.flags,
        };
      }
    }
  }

  #multiRead(): Operation {
    const parts = Array.from({ length: this.below(4) }, (): MultiRequestPart => ({
      type: this.#pick([OpCode.getData, OpCode.getChildren]),
      path: this.#path(),
    }));
    return operation(
      OpCode.multiRead,
      `multiRead ${show(parts)}`,
      (writer) => multiRequest.write(writer, parts),
    );
  }

  #read(): Operation {
    const type = this.#pick([
      OpCode.exists,
      OpCode.getData,
      OpCode.getChildren,
      OpCode.getChildren2,
      OpCode.getAcl,
      OpCode.sync,
      OpCode.getEphemerals,
      OpCode.getAllChildrenNumber,
      OpCode.whoAmI,
    ]);
    const path = this.#path();
    const watch = this.chance(0.5);
    const isWatched = type === OpCode.exists || type === OpCode.getData ||
      type === OpCode.getChildren || type === OpCode.getChildren2;
    return operation(
      type,
      `read(${type}) ${path}${isWatched ? ` watch ${watch}` : ""}`,
      (writer) => {
        if (isWatched) requests.watchedRequest.write(writer, { path, watch });
        else if (type !== OpCode.whoAmI) requests.pathRequest.write(writer, { path });
      },
    );
  }

  #watch(): Operation {
    const path = this.#path();
    if (this.chance(0.5)) {
      const mode = this.#pick([0, 1, 1, 2]);
      return operation(
        OpCode.addWatch,
        `addWatch ${path} ${mode}`,
        (writer) => requests.addWatchRequest.write(writer, { path, mode }),
      );
    }
    const type = this.#pick([1, 2, 3, 4]);
    return operation(
      OpCode.removeWatches,
      `removeWatches ${path} ${type}`,
      (writer) => requests.removeWatchesRequest.write(writer, { path, type }),
    );
  }

  #setWatches(zxid: number): Operation {
    const paths = () => Array.from({ length: this.below(4) }, () => this.#path());
    const relativeZxid = BigInt(Math.max(0, zxid - this.below(200)));
    const isNew = this.chance(0.7);
    const request = {
      relativeZxid,
      data: paths(),
      exists: paths(),
      children: paths(),
      persistent: isNew ? paths() : [],
      recursive: isNew ? paths() : [],
    };
    return operation(
      isNew ? OpCode.setWatches2 : OpCode.setWatches,
      `setWatches ${show(request)}`,
      (writer) =>
        (isNew ? requests.setWatches2Request : requests.setWatchesRequest).write(writer, request),
    );
  }

  #path(): string {
    if (this.chance(0.04)) {
      return this.#pick([
        "/",
        "",
        "a",
        "/a/",
        "//a",
        "/a//b",
        "/.",
        "/a/..",
        "/a\u0000",
        "/\u0001",
      ]);
    }
    if (this.chance(0.02)) {
      return this.#pick(["/zookeeper", "/zookeeper/config", "/zookeeper/quota", "/zookeeper/x"]);
    }
    const depth = 1 + this.below(3);
    let path = "";
    for (let i = 0; i < depth; i++) path += `/${this.#pick(["a", "b", "c", "d", "ü"])}`;
    return path;
  }

  #data(): Uint8Array | null {
    if (this.chance(0.05)) return null;
    const length = this.chance(0.01) ? this.below(50_000) : this.below(20);
    return new Uint8Array(length).fill(this.below(256));
  }

  #version(): number {
    return this.chance(0.6) ? -1 : this.below(4);
  }

  #acl(): Acl[] {
    if (this.chance(0.85)) return [OPEN];
    const [user = ""] = this.#pick(USERS).split(":");
    const entries: Acl[] = [
      OPEN,
      { permissions: 1 + this.below(31), scheme: "world", id: "anyone" },
      { permissions: 31, scheme: "digest", id: digestOf(this.#pick(USERS)) },
      { permissions: 1 + this.below(31), scheme: "auth", id: "" },
      {
        permissions: 1 + this.below(31),
        scheme: "ip",
        id: this.#pick(["127.0.0.1", "10.0.0.0/8"]),
      },
      { permissions: 31, scheme: "digest", id: user },
      { permissions: 31, scheme: "world", id: user },
      { permissions: 31, scheme: "nothing", id: user },
    ];
    return Array.from({ length: this.below(3) }, () => this.#pick(entries));
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("Nothing to pick from");
    return item;
  }
}

function digestOf(credential: string): string {
  const [user = ""] = credential.split(":");
  return `${user}:${createHash("sha1").update(credential).digest("base64")}`;
}

function operation(type: number, text: string, write: (writer: Writer) => void): Operation {
  return { type, text, write };
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, each) => {
    if (typeof each === "bigint") return String(each);
    return each instanceof Uint8Array ? `${each.length} bytes` : each;
  });
}
