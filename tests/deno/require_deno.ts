/** A worker that was started with another runtime would prove nothing. */
if (!("Deno" in globalThis)) throw new Error("These tests are to run under Deno");
