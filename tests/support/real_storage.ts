import { FileStorage } from "../../src/coordinator/storage/file_storage.ts";
import type { ReportEvent } from "../../src/coordinator/storage/storage_event.ts";
import { sleep } from "../../src/platform/clock.ts";
import { nodeDisk } from "../../src/platform/node/disk.ts";
import { nodeProcessRegister } from "../../src/platform/node/process_register.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";

/** A storage in real files, for this process. */
export function realStorage(directory: string, report: ReportEvent = () => {}): FileStorage {
  return new FileStorage({
    disk: nodeDisk,
    directory,
    processes: nodeProcessRegister,
    id: () => systemRandom.id(),
    random: () => systemRandom.next(),
    sleep: (ms) => sleep(systemClock, ms),
    report,
  });
}
