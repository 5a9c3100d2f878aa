"use strict";
// The commands that the code cache is made from: what a team runs day in, day out. A command that is
// not among them only compiles more of itself as it starts.

/** Each with the status it ends with: a command that fails early would warm up little. */
exports.commandLines = [
  [["--version"], 0],
  [["--help"], 0],
  [["push-task", "--help"], 0],
  [["push-task", "--tittle", "Mistyped"], 2],
  [["register", "--name", "Warm", "--role", "builder"], 0],
  [["push-task", "--title", "First", "--description", "A task", "--role", "builder"], 0],
  [["push-task", "--title", "Second", "--priority", "0"], 0],
  [["claim-task"], 0],
  [["heartbeat"], 0],
  [["list-tasks", "--limit", "10"], 0],
  [["complete-task", "--task-id", "task-0000000002", "--result", "Done"], 0],
  [["send-message", "--broadcast", "--content", "Hello"], 0],
  [["poll-messages"], 0],
  [["set-context", "--key", "warm", "--value", "up"], 0],
  [["get-context", "--key", "warm"], 0],
  [["list-instances", "--output", "table"], 0],
  [["status"], 0],
  [["__complete", "--", "task-show", "--task-id", ""], 0],
  [["__complete", "--", "send-message", "--to-name", ""], 0],
  [["claim-task"], 0],
  [["claim-task"], 3],
  // Serves until nobody has been connected for a millisecond, which is at once.
  [
    [
      ...["coordinator", "start", "--foreground", "--port", "0"],
      ...["--data-dir", "coordinator", "--idle-timeout", "1ms"],
    ],
    0,
  ],
];
