import { whenResized } from "./dom.js";

/** Rows kept beyond both ends of what is in sight. */
const BEYOND = 8;

/** An element of the document, and which row it shows. */
export interface Slot<Row> {
  element: HTMLElement;
  shows: Row | null;
  at: number;
}

/** What a list makes of its rows. */
interface Drawing<Row, Made extends Slot<Row>> {
  /** Of a row, px. */
  height(): number;
  /** What covers the rows' view, px: a head that stays. */
  covered: number;
  create(id: string): Made;
  fill(slot: Made, row: Row, at: number): void;
}

/** A list of any number of rows of one height, of which only those in sight are in the document; keys walk it. */
export class RowsInSight<Row, Made extends Slot<Row>> {
  rows: readonly Row[] = [];
  /** Of the row that keys are at; -1 for none. */
  active = -1;
  private slots: Made[] = [];
  private frame = 0;

  constructor(
    private readonly element: HTMLElement,
    private readonly body: HTMLElement,
    private readonly id: string,
    private readonly drawing: Drawing<Row, Made>,
  ) {
    element.addEventListener("scroll", () => this.later());
    element.addEventListener("focus", () => {
      if (this.active < 0) this.activate(Math.ceil(element.scrollTop / drawing.height()));
    });
    whenResized(element, () => this.later());
  }

  /** Writes the rows in sight anew. */
  refresh(): void {
    for (const slot of this.slots) slot.shows = null;
    this.later();
  }

  /** Rows have other elements from now on. */
  clear(): void {
    for (const { element } of this.slots) element.remove();
    this.slots = [];
  }

  /** In the next frame. */
  later(): void {
    if (this.frame === 0)
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
  }

  /** Whether `key` is one that walks, which is then done. */
  walk(key: string): boolean {
    const page = Math.max(1, Math.floor(this.inSight / this.drawing.height()) - 1);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    if (!Object.hasOwn(steps, key)) return false;
    this.activate(this.active + steps[key]);
    return true;
  }

  /** Goes to a row, or to the nearest that there is. */
  activate(to: number): void {
    if (this.rows.length === 0) return;
    this.active = Math.min(this.rows.length - 1, Math.max(0, to));
    const { element, inSight } = this;
    const height = this.drawing.height();
    const top = this.active * height;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + height > element.scrollTop + inSight) element.scrollTop = top + height - inSight;
    this.later();
  }

  private get inSight(): number {
    return this.element.clientHeight - this.drawing.covered;
  }

  private draw(): void {
    const { element, rows, drawing } = this;
    const height = drawing.height();
    this.body.style.height = `${rows.length * height}px`;
    const first = Math.max(0, Math.floor(element.scrollTop / height) - BEYOND);
    const most = Math.ceil(element.clientHeight / height) + 2 * BEYOND;
    const last = Math.min(rows.length, first + most);
    while (this.slots.length < Math.min(most, rows.length)) this.slots.push(this.newSlot());
    // Row i always uses slot i modulo their number: scrolling by one row fills one slot anew.
    const used = new Set<number>();
    for (let at = first; at < last; at++) {
      const slot = this.slots[at % this.slots.length];
      used.add(at % this.slots.length);
      if (slot.shows !== rows[at] || slot.at !== at) {
        slot.shows = rows[at];
        slot.at = at;
        slot.element.dataset.at = String(at);
        drawing.fill(slot, rows[at], at);
      }
      slot.element.style.transform = `translateY(${at * height}px)`;
      slot.element.classList.toggle("active", at === this.active);
    }
    this.slots.forEach((slot, i) => {
      slot.element.hidden = !used.has(i);
    });
    if (this.active >= first && this.active < last)
      element.setAttribute("aria-activedescendant", `${this.id}-${this.active % this.slots.length}`);
    else element.removeAttribute("aria-activedescendant");
  }

  private newSlot(): Made {
    const slot = this.drawing.create(`${this.id}-${this.slots.length}`);
    this.body.append(slot.element);
    return slot;
  }
}
