"use strict";
// The program as the executable carries it: chunks, each a script of its own with a code cache of its
// own, so that a command reads, and makes functions of, those that it uses and no others.
//
// An archive is two files: the texts of all chunks, one after the other, and their caches; the index
// says where each begins and ends. Texts are pure ASCII (esbuild escapes the rest), so Latin-1 is a
// cheap and exact way to a string.

const { Script } = require("node:vm");

/**
 * A loader of the chunks of an archive. V8 compiles as ever where a cache does not fit.
 *
 * @param index {Record<string, {text: [number, number], cache?: [number, number]}>}
 * @param texts {Buffer}
 * @param caches {Buffer}
 */
exports.openArchive = (index, texts, caches) => {
  const scripts = new Map();

  function scriptOf(name) {
    const known = scripts.get(name);
    if (known !== undefined) return known;
    const { text, cache } = index[name];
    const script = new Script(texts.latin1Slice(...text), {
      filename: name.slice("./".length),
      cachedData: cache && caches.subarray(...cache),
    });
    scripts.set(name, script);
    return script;
  }

  return {
    /** The scripts of the chunks that have been loaded, by name. */
    scripts,

    /** Runs the program from its first chunk; `requireBuiltin` gives the runtime's own modules. */
    start(requireBuiltin) {
      const modules = new Map();
      const load = (name) => {
        if (!name.startsWith("./")) return requireBuiltin(name);
        const known = modules.get(name);
        if (known !== undefined) return known.exports;
        const module = { exports: {} };
        modules.set(name, module);
        scriptOf(name).runInThisContext()(module.exports, load, module);
        return module.exports;
      };
      load("./main.mjs");
    },
  };
};
