import { log } from "../../base/mathematics.js";

/** From data to a position, and the values worth a tick. */
export interface Scale {
  position(value: number): number;
  ticks: number[];
  label(value: number): string;
}
/** An axis of a chart as its maker describes it; its range comes from the values. */
export interface Axis {
  label: string;
  scale?: "linear" | "log";
  /** Ends that must be in sight. */
  include?: number[];
  /** Only whole numbers are ticked. */
  whole?: boolean;
}

/** Values that a scale can show: finite, and above 0 on a logarithmic one. */
export const showable = (axis: Axis, value: number): boolean =>
  Number.isFinite(value) && (axis.scale !== "log" || value > 0);

/** `apart`: pixels between ticks, about. */
export function makeScale(axis: Axis, values: Iterable<number>, from: number, to: number, apart: number): Scale {
  let low = Infinity;
  let high = -Infinity;
  const widen = (value: number): void => {
    if (!showable(axis, value)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const value of values) widen(value);
  axis.include?.forEach(widen);
  if (low > high) [low, high] = axis.scale === "log" ? [1, 10] : [0, 1];
  return axis.scale === "log"
    ? logarithmic(low, high, { from, to, apart })
    : linear(low, high, { from, to, apart }, axis.whole === true);
}

/** Where an axis lies, px, and how far apart its ticks are, about. */
interface Span {
  from: number;
  to: number;
  apart: number;
}

function linear(low: number, high: number, { from, to, apart }: Span, whole: boolean): Scale {
  // Too near for ticks to be told apart is as good as one value.
  if (high - low <= Math.max(1e-300, 1e-9 * Math.max(Math.abs(low), Math.abs(high))))
    [low, high] = whole
      ? [low - 1, high + 1]
      : Math.abs(low) < 1e-300
        ? [0, 1]
        : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
  const wanted = Math.max(2, Math.abs(to - from) / apart);
  const step = niceStep((high - low) / wanted, whole);
  // Whole-number axes (layers, columns) count things: their ends stay at the data.
  const first = whole ? low : Math.floor(low / step + 1e-9) * step;
  const last = whole ? high : Math.ceil(high / step - 1e-9) * step;
  const ticks: number[] = [];
  for (let i = Math.ceil(first / step - 1e-9); i * step <= last + step * 1e-6; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return { position: (value) => from + ((value - first) / (last - first)) * (to - from), ticks, label: plain };
}

const log10 = (value: number): number => log(value) / Math.LN10;
/** The power of ten of the first digit. */
const exponentOf = (value: number): number => Number(value.toExponential().split("e")[1]);

function niceStep(step: number, whole: boolean): number {
  const power = Number(`1e${exponentOf(step)}`);
  const unit = step / power;
  const nice = (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 5 ? 5 : 10) * power;
  return whole ? Math.max(1, Math.round(nice)) : nice;
}

function logarithmic(low: number, high: number, { from, to, apart }: Span): Scale {
  if (high / low < 1 + 1e-9) [low, high] = [low / 2, high * 2];
  const pad = 0.04 * (log10(high) - log10(low));
  const first = log10(low) - pad;
  const last = log10(high) + pad;
  const decades = last - first;
  // Within less than a factor of two no power's multiples are near enough: even steps are.
  if (high < 2 * low) {
    const step = niceStep((high - low) / Math.max(2, Math.abs(to - from) / apart), false);
    const even: number[] = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-9); i++)
      even.push(Number((i * step).toPrecision(12)));
    if (even.length >= 2)
      return {
        position: (value) => from + ((log10(value) - first) / decades) * (to - from),
        ticks: even,
        label: (value) => String(Number(value.toPrecision(6))),
      };
  }
  const ticks: number[] = [];
  const units = decades < 1.2 ? [1, 1.5, 2, 3, 4, 5, 7] : decades < 3 ? [1, 2, 5] : [1];
  const skip = Math.max(1, Math.ceil(decades / Math.max(2, Math.abs(to - from) / apart)));
  for (let power = Math.floor(first); power <= last; power += skip) {
    for (const unit of units) {
      const value = Number(`${unit}e${power}`);
      if (log10(value) >= first && log10(value) <= last) ticks.push(value);
    }
  }
  return {
    position: (value) => from + ((log10(value) - first) / decades) * (to - from),
    ticks: ticks.length >= 2 ? ticks : [low, high],
    label: plain,
  };
}

function plain(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${Number((value / 1e9).toPrecision(3))}B`;
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return value !== 0 && size < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(3)));
}
