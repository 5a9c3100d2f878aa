import { type Place, startTeamProcess, type WorkerProcess } from "./worker_process.ts";

/** Starts `leader --no-screen`; its events are what it prints, among what it says on stderr. */
export function startLeaderProcess(place: Place, name: string, ...args: string[]): WorkerProcess {
  return startTeamProcess(place, name, "leader", "--name", name, "--no-screen", ...args);
}
