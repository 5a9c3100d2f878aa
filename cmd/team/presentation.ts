import { join } from "node:path";
import type { Config } from "../../src/config/load.ts";
import type { Team } from "../../src/coordination/team.ts";
import type { JournalEvent } from "../../src/domain/event.ts";
import type { Onlooker } from "../../src/monitor/board.ts";
import { Monitor } from "../../src/monitor/monitor.ts";
import type { Prompt } from "../../src/screen/view.ts";
import { wantsColours } from "../cli/colours.ts";
import type { Deps } from "../cli/command.ts";
import { terminalSafeJson } from "../cli/safe_json.ts";

/** What is shown of a team while a command runs. */
export interface Presentation {
  readonly monitor: Monitor;
  /** Whether there is a screen, on which somebody can type. */
  readonly isScreen: boolean;
  /** Shows a line of terminal text: on stderr, or, beside a screen, in the log of the process. */
  readonly show: (line: string) => void;
  /** Aborted, with the error, when the team can be shown no longer. */
  readonly failure: AbortSignal;
  /** Ends it; the terminal is then as it was before. */
  end(): Promise<void>;
}

/** A line that somebody types on the screen. */
export interface Typing {
  readonly prompt: () => Prompt | undefined;
  readonly onTyped: (text: string) => void;
}

export interface PresentationOptions {
  readonly team: Team;
  readonly config: Config;
  readonly self: Onlooker;
  readonly wantsScreen: boolean;
  readonly typing?: Typing | undefined;
  /** stdout is for something else. */
  readonly eventsOnStderr: boolean;
}

/** Whether there can be a screen: stdout is a terminal that can show one, and nothing else is asked for. */
export function hasScreen({ host, globals }: Deps, wantsScreen: boolean): boolean {
  return wantsScreen && host.stdout.isTerminal && host.env["TERM"] !== "dumb" &&
    globals.output === undefined;
}

/** The screen where stdout is a terminal that can show one, else the team's events as JSON lines. */
export async function presentTeam(
  deps: Deps,
  { team, config, self, wantsScreen, typing, eventsOnStderr }: PresentationOptions,
): Promise<Presentation> {
  const ended = new AbortController();
  const monitor = await Monitor.open({
    team,
    clock: await deps.clock(),
    self,
    hosts: config.value("zookeeper.url"),
    signal: ended.signal,
  });
  const { host } = deps;
  const isScreen = hasScreen(deps, wantsScreen);
  const shown = isScreen
    ? showOnScreen(deps, monitor, typing, ended.signal)
    : printEvents(deps, monitor, eventsOnStderr);
  const failed = new AbortController();
  const following = Promise.all([monitor.follow(), shown]).catch((error: unknown) => {
    failed.abort(error);
  });
  return {
    monitor,
    isScreen,
    failure: failed.signal,
    show: isScreen ? await logWriter(deps, self.cacheDir) : (line) => {
      if (eventsOnStderr) deps.out.tell(line);
      else host.stderr.write(`${line}\n`);
    },
    end: async () => {
      ended.abort();
      await following;
    },
  };
}

async function showOnScreen(
  deps: Deps,
  monitor: Monitor,
  typing: Typing | undefined,
  signal: AbortSignal,
): Promise<void> {
  const [{ nodeTerminal }, { showScreen }, { isUtf8 }] = await Promise.all([
    import("../../src/platform/node/terminal.ts"),
    import("../../src/screen/show_screen.ts"),
    import("../../src/screen/looks.ts"),
  ]);
  const { env } = deps.host;
  await showScreen({
    source: monitor,
    terminal: nodeTerminal,
    clock: await deps.clock(),
    looks: {
      unicode: isUtf8(env),
      timeOfDay: (ms) => new Date(ms).toTimeString().slice(0, 8),
    },
    colours: wantsColours(env, { noColor: deps.globals["no-color"], isTerminal: true }),
    signal,
    ...(typing === undefined ? {} : {
      prompt: typing.prompt,
      onTyped: (text, ask) => {
        typing.onTyped(text);
        ask();
      },
    }),
  });
}

/** Events in their order; a reader that is slow holds up nothing else. */
async function printEvents(deps: Deps, monitor: Monitor, onStderr: boolean): Promise<void> {
  if (onStderr && deps.globals.quiet) return;
  const { eventText } = await import("./events.ts");
  let printed: Promise<void> = Promise.resolve();
  monitor.onEvent((event: JournalEvent) => {
    printed = printed.then(async () => {
      if (onStderr) deps.host.stderr.write(`${terminalSafeJson(JSON.stringify(event))}\n`);
      else await deps.out.event(event, eventText(event));
    });
  });
}

/** What there is to say beside a screen goes into a file: the terminal is taken. */
async function logWriter(deps: Deps, cacheDir: string): Promise<(line: string) => void> {
  const files = await deps.files();
  const path = join(cacheDir, "leader.log");
  const clock = await deps.clock();
  return (line) => {
    try {
      files.append(path, `${new Date(clock.now()).toISOString()} ${line}\n`, 0o600);
    } catch {
      // A full disk costs the line, never the team.
    }
  };
}
