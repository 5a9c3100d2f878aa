import { updateConfig, withValue } from "../../src/config/store.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";

// One of several processes that change a file at the same time: <path> <name> <count>.
const [, , path = "", name = "", count = "1"] = process.argv;
const environment = { files: nodeFiles, clock: systemClock, random: systemRandom };

async function main() {
  for (let index = 0; index < Number(count); index++) {
    await updateConfig(
      environment,
      path,
      (json) => withValue(json, ["instances", `${name}.${index}`], `${name}-${index}`),
    );
  }
}

main().catch((error) => {
  console.error(JSON.stringify({ code: error.code, message: error.message }));
  process.exitCode = 1;
});
