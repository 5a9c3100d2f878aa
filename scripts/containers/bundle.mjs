// What runc is told of a container: as little as Docker gives it with `cap_drop: [ALL]`,
// `no-new-privileges`, `read_only`, and the network of the host.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const MASKED = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/scsi"];
const READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/**
 * The `config.json` of a container.
 *
 * @param {string} rootfs
 * @param {{env: Record<string, string>, user: string, cwd: string, entrypoint: string[], cmd: string[]}} image
 * @param {{name: string, args: string[], entrypoint?: string[], env: Record<string, string>, mounts: [string, string][]}} wanted
 *   `mounts`: pairs of a place on the machine and one in the container
 */
export function ociConfig(rootfs, image, wanted) {
  const uid = Number(image.user);
  const { gid, home } = userOf(rootfs, uid);
  const { entrypoint = image.entrypoint } = wanted;
  const env = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: home,
    HOSTNAME: wanted.name,
    ...image.env,
    ...wanted.env,
  };
  const none = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] };
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid, gid },
      args: [...entrypoint, ...(wanted.args.length > 0 ? wanted.args : image.cmd)],
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      cwd: image.cwd,
      capabilities: none,
      noNewPrivileges: true,
    },
    root: { path: rootfs, readonly: true },
    hostname: wanted.name,
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      tmpfs("/dev", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
      },
      tmpfs("/dev/shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
      tmpfs("/tmp", ["nosuid", "nodev", "mode=1777"]),
      tmpfs(home, ["nosuid", "nodev", "mode=0700", `uid=${uid}`, `gid=${gid}`]),
      bound("/etc/resolv.conf", "/etc/resolv.conf", "ro"),
      bound("/etc/hosts", "/etc/hosts", "ro"),
      ...wanted.mounts.map(([source, destination]) => bound(source, destination, "rw")),
    ],
    linux: {
      namespaces: ["pid", "ipc", "uts", "mount"].map((type) => ({ type })),
      maskedPaths: MASKED,
      readonlyPaths: READ_ONLY,
    },
  };
}

/** Group and home of a user, by the image's own /etc/passwd. */
function userOf(rootfs, uid) {
  const lines = readFileSync(join(rootfs, "etc/passwd"), "utf8").split("\n");
  const [, , , gid, , home] =
    lines.map((line) => line.split(":")).find((each) => Number(each[2]) === uid) ?? [];
  if (home === undefined) throw new Error(`No user has the id ${uid}`);
  return { gid: Number(gid), home };
}

function tmpfs(destination, options) {
  return { destination, type: "tmpfs", source: "tmpfs", options };
}

function bound(source, destination, access) {
  return { destination, type: "bind", source, options: ["rbind", access, "nosuid", "nodev"] };
}
