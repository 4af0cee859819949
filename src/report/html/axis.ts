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

/** Where an axis lies, px, and how far apart its ticks are, about. */
export interface Span {
  from: number;
  to: number;
  apart: number;
  /** Room that a tick's label takes along the axis, px; labels never overlap. */
  room?(label: string): number;
}

/** Nearer to the ends of what a number can be, steps between ticks are none. */
const FARTHEST = 1e300;

/** Values that a scale can show: finite, and above 0 on a logarithmic one. */
export const showable = (axis: Axis, value: number): boolean =>
  Math.abs(value) <= FARTHEST && (axis.scale !== "log" || value >= 1 / FARTHEST);

/** A scale that has all values and ends in sight, with as many ticks as there is room for. */
export function makeScale(axis: Axis, values: Iterable<number>, span: Span): Scale {
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
  return axis.scale === "log" ? logarithmic(low, high, span) : linear(low, high, span, axis.whole === true);
}

/** How many steps of about that length lie on the axis. */
const stepsOn = ({ from, to, apart }: Span): number => Math.max(2, Math.abs(to - from) / apart);

/** Whether no two labels overlap. */
function fits({ position, ticks, label }: Scale, { room }: Span): boolean {
  if (!room) return true;
  const half = (tick: number): number => room(label(tick)) / 2;
  return ticks.every(
    (tick, i) => i === 0 || Math.abs(position(tick) - position(ticks[i - 1])) >= half(tick) + half(ticks[i - 1]),
  );
}

/** The first whose labels fit, else the last with as few of its ticks as do. */
function firstThatFits(scales: Iterable<Scale>, span: Span): Scale {
  let last: Scale | null = null;
  for (const scale of scales) {
    if (fits(scale, span)) return scale;
    last = scale;
  }
  const { ticks } = last!;
  const ends = { ...last!, ticks: [ticks[0], ticks[ticks.length - 1]] };
  return fits(ends, span) ? ends : { ...ends, ticks: ticks.slice(0, 1) };
}

function linear(low: number, high: number, span: Span, whole: boolean): Scale {
  // Beyond 2⁵² neighbouring numbers are whole anyhow.
  if (Math.max(Math.abs(low), Math.abs(high)) > 4e15) whole = false;
  if (whole) [low, high] = [Math.floor(low), Math.ceil(high)];
  // Too near for ticks to be told apart is as good as one value.
  if (high - low <= Math.max(1e-300, 1e-9 * Math.max(Math.abs(low), Math.abs(high))))
    [low, high] = whole
      ? [low - 1, high + 1]
      : Math.abs(low) < 1e-300
        ? [0, 1]
        : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
  const { from, to } = span;
  function* sparser(): Generator<Scale> {
    for (let wanted = stepsOn(span); wanted >= 0.5; wanted /= 1.6) {
      const step = niceStep((high - low) / wanted, whole);
      // Whole-number axes (layers, columns) count things: their ends stay at the data.
      const first = whole ? low : Math.floor(low / step + 1e-9) * step;
      const last = whole ? high : Math.ceil(high / step - 1e-9) * step;
      const ticks = multiples(step, first, last);
      const position = (value: number): number => from + ((value - first) / (last - first)) * (to - from);
      yield { position, ticks, label: inSteps(ticks, step) };
    }
  }
  return firstThatFits(sparser(), span);
}

/** No more than a screen has room for, where steps are lost in the size of the ends. */
const MOST_TICKS = 500;

function multiples(step: number, first: number, last: number): number[] {
  const from = Math.ceil(first / step - 1e-9);
  const ticks: number[] = [];
  for (let i = 0; i < MOST_TICKS && (from + i) * step <= last + step * 1e-6; i++)
    ticks.push(Number(((from + i) * step).toPrecision(12)));
  return ticks;
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

function logarithmic(low: number, high: number, span: Span): Scale {
  if (high / low < 1 + 1e-9) [low, high] = [low / 2, high * 2];
  const pad = 0.04 * (log10(high) - log10(low));
  const first = log10(low) - pad;
  const last = log10(high) + pad;
  const { from, to } = span;
  const position = (value: number): number => from + ((log10(value) - first) / (last - first)) * (to - from);
  function* sparser(): Generator<Scale> {
    // Within less than a factor of two no power's multiples are near enough: even steps are.
    if (high < 2 * low)
      for (let wanted = stepsOn(span); wanted >= 1; wanted /= 1.6) {
        const step = niceStep((high - low) / wanted, false);
        const ticks = multiples(step, Math.ceil(low / step - 1e-9) * step, high);
        if (ticks.length >= 2) yield { position, ticks, label: inSteps(ticks, step) };
      }
    const decades = last - first;
    const wide = Math.max(1, Math.ceil(decades / stepsOn(span)));
    const sets: [units: number[], skip: number][] = [
      ...(decades < 1.2 ? [[[1, 1.5, 2, 3, 4, 5, 7], 1] as [number[], number]] : []),
      ...(decades < 3
        ? ([
            [[1, 2, 5], 1],
            [[1, 3], 1],
          ] as [number[], number][])
        : []),
      ...[1, 2, 3, 5, 10, 20, 50, 100, 300]
        .filter((skip) => skip >= wide)
        .map((skip): [number[], number] => [[1], skip]),
    ];
    for (const [units, skip] of sets) {
      const ticks = powers(units, skip, first, last);
      if (ticks.length >= 2) yield { position, ticks, label: plain };
    }
    yield { position, ticks: [low, high], label: plain };
  }
  return firstThatFits(sparser(), span);
}

/** Multiples of every `skip`th power of ten, between two exponents. */
function powers(units: readonly number[], skip: number, first: number, last: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.ceil(first / skip - 1) * skip; power <= last; power += skip)
    for (const unit of units) {
      const value = Number(`${unit}e${power}`);
      if (Number.isFinite(value) && value > 0 && log10(value) >= first && log10(value) <= last) ticks.push(value);
    }
  return ticks;
}

const SUFFIXES: readonly [from: number, unit: number, suffix: string][] = [
  [1e12, NaN, ""],
  [1e9, 1e9, "B"],
  [1e6, 1e6, "M"],
  [1e4, 1e3, "k"],
];

/** Labels of ticks that are a step apart: of one unit, and with the digits that tell neighbours apart. */
function inSteps(ticks: readonly number[], step: number): (value: number) => string {
  const largest = ticks.reduce((most, tick) => Math.max(most, Math.abs(tick)), 0);
  const [, unit = 1, suffix = ""] = SUFFIXES.find(([from]) => largest >= from) ?? [];
  const exponential = Number.isNaN(unit) || largest < 1e-3;
  return (value) => {
    if (value === 0) return "0";
    const digits = Math.min(15, Math.max(1, exponentOf(Math.abs(value)) - exponentOf(step) + 1));
    if (exponential) return String(Number(value.toPrecision(digits)).toExponential()).replace("e+", "e");
    return `${Number((value / unit).toPrecision(digits))}${suffix}`;
  };
}

/** One value by itself, to three digits. */
function plain(value: number): string {
  const size = Math.abs(value);
  const [, unit, suffix] = SUFFIXES.find(([from]) => size >= from) ?? [0, 1, ""];
  if (Number.isNaN(unit) || (value !== 0 && size < 1e-3))
    return String(Number(value.toPrecision(3)).toExponential()).replace("e+", "e");
  return `${Number((value / unit).toPrecision(3))}${suffix}`;
}
