import * as z from "zod";

// A schema that is used often is worth the code that zod generates for it on its first use. A command
// that reads a handful of records is done before that: without it, a push takes a tenth less time.
// It counts for the schemas that are made after this, so it is loaded before them.
z.config({ jitless: true });
