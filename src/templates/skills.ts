import teamMemory from "../../templates/CLAUDE.md" with { type: "text" };
import claudeCodeDeveloper from "../../templates/skills/claude-code-developer/SKILL.md" with {
  type: "text",
};
import claudeOrchestrator from "../../templates/skills/claude-orchestrator/SKILL.md" with {
  type: "text",
};
import orchestratorCommunicate from "../../templates/skills/orchestrator-communicate/SKILL.md" with {
  type: "text",
};
import orchestratorRegister from "../../templates/skills/orchestrator-register/SKILL.md" with {
  type: "text",
};
import orchestratorSetup from "../../templates/skills/orchestrator-setup/SKILL.md" with {
  type: "text",
};
import orchestratorStatus from "../../templates/skills/orchestrator-status/SKILL.md" with {
  type: "text",
};
import taskAcceptance from "../../templates/skills/task-acceptance/SKILL.md" with { type: "text" };
import taskExecution from "../../templates/skills/task-execution/SKILL.md" with { type: "text" };
import taskPlanning from "../../templates/skills/task-planning/SKILL.md" with { type: "text" };
import taskReview from "../../templates/skills/task-review/SKILL.md" with { type: "text" };
import taskTraceability from "../../templates/skills/task-traceability/SKILL.md" with {
  type: "text",
};
import taskVerification from "../../templates/skills/task-verification/SKILL.md" with {
  type: "text",
};

/** The skills that `setup` gives to the agents of a project, by name. */
export const SKILLS = {
  "claude-code-developer": claudeCodeDeveloper,
  "claude-orchestrator": claudeOrchestrator,
  "orchestrator-communicate": orchestratorCommunicate,
  "orchestrator-register": orchestratorRegister,
  "orchestrator-setup": orchestratorSetup,
  "orchestrator-status": orchestratorStatus,
  "task-acceptance": taskAcceptance,
  "task-execution": taskExecution,
  "task-planning": taskPlanning,
  "task-review": taskReview,
  "task-traceability": taskTraceability,
  "task-verification": taskVerification,
} as const;

/** What an agent of the team should always know; a project's CLAUDE.md can import it. */
export const TEAM_MEMORY: string = teamMemory;
