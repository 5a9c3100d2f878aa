/**
 * A process of this machine, known beyond its number, which is given to another once it has ended.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, and since which start of the machine: opaque, only to be compared. */
  readonly started: string;
}

/** Tells the processes of this machine apart. */
export interface ProcessRegister {
  /** This very process. */
  self(): ProcessIdentity;
  /** Whether that process is alive, and not another that has its number by now. */
  isAlive(identity: ProcessIdentity): boolean;
}
