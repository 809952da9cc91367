/**
 * Watches who else uses the CPUs, so that a disturbed round can be run again. Linux; elsewhere everything counts as
 * quiet.
 */
import fs from 'node:fs';

const TICKS_PER_SECOND = 100; // USER_HZ, which Linux fixes for /proc
const QUIET_SHARE = 0.1; // of one core, before a round starts
const DISTURBED_SHARE = 0.15; // of one core, over a round

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function ticksOf(pid, withEndedChildren) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return fields[11] + fields[12] + (withEndedChildren ? fields[13] + fields[14] : 0);
  } catch {
    return 0;
  }
}

function reading(children) {
  const [user, nice, system, , , irq, softirq, steal] = fs
    .readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const own = ticksOf(process.pid, true) + [...children].reduce((sum, pid) => sum + ticksOf(pid, false), 0);
  return { at: performance.now(), others: user + nice + system + irq + softirq - own, steal };
}

const perSecond = (before, after, key) =>
  ((after[key] - before[key]) / TICKS_PER_SECOND / (after.at - before.at)) * 1000;

export class QuietMachine {
  /**
   * @param children pids of our own processes, a live Set
   * @param patience seconds a round waits for quiet at most; it then runs, marked by its own `others` figure. 0: no
   * wait, and no second try
   */
  constructor(children, patience) {
    this.children = children;
    this.patience = patience;
    this.supported = process.platform === 'linux';
    /** Share of a core used by others, and stolen by the hypervisor, in every accepted round. */
    this.others = [];
    this.stolen = [];
  }

  /** Runs `round` on a quiet machine and gives its result; one that others disturbed is repeated, at most twice. */
  async run(round) {
    if (!this.supported) return round();
    for (let attempt = 0; ; attempt++) {
      await this.waitUntilQuiet();
      const before = reading(this.children);
      const result = await round();
      const after = reading(this.children);
      const others = perSecond(before, after, 'others');
      if (others > DISTURBED_SHARE && attempt < 2 && this.patience > 0) continue;
      this.others.push(Math.max(0, others));
      this.stolen.push(perSecond(before, after, 'steal'));
      return result;
    }
  }

  async waitUntilQuiet() {
    const end = performance.now() + this.patience * 1000;
    while (performance.now() < end) {
      const before = reading(this.children);
      await pause(200);
      if (perSecond(before, reading(this.children), 'others') < QUIET_SHARE) return;
    }
  }
}
