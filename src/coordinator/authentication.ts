import type { Identity } from "./acl.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What checking a credential takes. */
export interface AuthenticationMeans {
  /** SHA-1 of the bytes. */
  sha1(bytes: Uint8Array): Uint8Array;
  /** Address of the client. */
  readonly host: string;
}

/**
 * The identity that a credential stands for; null for a scheme that this server does not have. After
 * `DigestAuthenticationProvider`: anybody may be anybody, and what a user may do is the matter of ACLs.
 */
export function authenticate(
  scheme: string,
  credential: Uint8Array,
  { sha1, host }: AuthenticationMeans,
): Identity | null {
  if (scheme === "ip") return { scheme, id: host };
  if (scheme !== "digest") return null;
  const text = decoder.decode(credential);
  const [user = ""] = text.split(":", 1);
  const digest = String.fromCharCode(...sha1(encoder.encode(text)));
  return { scheme, id: `${user}:${btoa(digest)}` };
}
