/**
 * The id under which the `digest` scheme knows a user, for ACLs: `user:` and the SHA-1, in base64,
 * of `user:password` (`DigestAuthenticationProvider.generateDigest`).
 */
export async function digestId(user: string, password: string): Promise<string> {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes));
  return `${user}:${btoa(String.fromCharCode(...digest))}`;
}
