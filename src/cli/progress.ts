import { printable } from "../base/printable.js";
import { bytes, count, middle, widthOf } from "../report/format.js";

/** How far something is. */
export interface ProgressUpdate {
  done: number;
  total: number;
  /** "bytes", or what is counted. */
  unit: string;
  /** What is being worked at. */
  label?: string;
  /** Of the cost, from 0 to 1, where that is known better than by what is counted. */
  share?: number | undefined;
}

/** Progress on standard error: a bar on a terminal, lines where `--progress` asks for them, else nothing. */
export interface Progress {
  update(update: ProgressUpdate): void;
  /** Takes the bar off the screen: when a piece of work ends, and before anything else is printed. */
  clear(): void;
}

/** Shows nothing: `--quiet`, and standard error that is no terminal. */
export const silent: Progress = { update: () => undefined, clear: () => undefined };

const amount = ({ done, total, unit }: ProgressUpdate) =>
  unit === "bytes" ? `${bytes(done)} of ${bytes(total)}` : `${count(done)} of ${count(total)} ${unit}`;

/** Less of either says nothing of what is to come. */
const LEAST_SHARE = 0.02;
const LEAST_MS = 1000;

/** By what was spent on the share of the cost that is done. */
function secondsLeft(update: ProgressUpdate, elapsedMs: number): number | null {
  const share = shareOf(update);
  if (share < LEAST_SHARE || share >= 1 || elapsedMs < LEAST_MS) return null;
  return Math.ceil((elapsedMs * (1 - share)) / share / 1000);
}

const shareOf = ({ done, total, share = total > 0 ? done / total : 1 }: ProgressUpdate): number => share;

function timeLeft(update: ProgressUpdate, elapsedMs: number): string {
  const seconds = secondsLeft(update, elapsedMs);
  return seconds === null ? "" : `, about ${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} left`;
}

/** A line at each tenth, and one at least every five seconds of progress. */
export function plainProgress(line: (text: string) => void, now: () => number = Date.now): Progress {
  let tenth = -1;
  let last = 0;
  let started: number | null = null;
  return {
    update(update) {
      started ??= now();
      const fraction = update.total > 0 ? update.done / update.total : 1;
      const reached = Math.floor(fraction * 10);
      if (reached === tenth && now() - last < 5000) return;
      [tenth, last] = [reached, now()];
      line(
        `${Math.floor(fraction * 100)} %, ` +
          `${amount(update)}${timeLeft(update, now() - started)}` +
          `${update.label === undefined ? "" : `, ${printable(update.label)}`}`,
      );
    },
    clear: () => {
      tenth = -1;
      started = null;
    },
  };
}

/** Work that is over before this is not worth a bar. */
const PATIENCE = 250;

/** A bar on a terminal, by the share of the cost where it is known, with the time that is left. */
export async function barProgress(stream: NodeJS.WriteStream): Promise<Progress> {
  const {
    default: { SingleBar, Format },
  } = await import("cli-progress");
  let bar: InstanceType<typeof SingleBar> | null = null;
  let started = 0;
  let latest: ProgressUpdate | null = null;
  const remaining = (update: ProgressUpdate): string => {
    const seconds = secondsLeft(update, Date.now() - started);
    return seconds === null ? "" : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
  };
  return {
    update(update) {
      latest = update;
      started ||= Date.now();
      if (!bar && Date.now() - started < PATIENCE) return;
      if (!bar) {
        bar = new SingleBar({
          stream,
          barsize: 20,
          barCompleteChar: "█",
          barIncompleteChar: "░",
          clearOnComplete: true,
          hideCursor: true,
          gracefulExit: false,
          format: (options, { progress }) => {
            const head = (
              `${Format.BarFormat(progress, options)} ${String(Math.floor(progress * 100)).padStart(3)} %  ` +
              `${latest ? `${amount(latest)}  ${remaining(latest)}` : ""}`
            ).trimEnd();
            const room = (stream.columns || 80) - widthOf(head) - 3;
            return latest?.label && room > 10 ? `${head}  ${middle(printable(latest.label), room)}` : head;
          },
        });
        bar.start(1, shareOf(update));
      }
      bar.update(shareOf(update));
    },
    clear() {
      bar?.stop();
      bar = null;
      started = 0;
    },
  };
}
