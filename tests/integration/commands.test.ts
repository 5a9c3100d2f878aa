import { inProcess } from "../support/command_shell.ts";
import { commandSuite } from "../support/command_suite.ts";

commandSuite("commands, in this process", inProcess);
