/** Numbers in a piece of room. */
const PIECE = 1 << 16;

/** What is the same in many values: everything but their numbers. */
type Shape =
  | { kind: "number" }
  | { kind: "same"; value: string | boolean | null }
  | { kind: "numbers"; length: number }
  | { kind: "list"; members: Shape[] }
  | { kind: "fields"; fields: [name: string, shape: Shape][] };

/**
 * Values of JSON that are alike, in a fraction of an object's memory: their numbers lie in typed arrays, what else they
 * are is kept once for all that agree in it. Each has a place, by which it is made anew whenever it is asked for.
 */
export class PackedValues {
  private readonly shapes: Shape[] = [];
  private readonly byText = new Map<string, number>();
  private pieces: Float64Array[] = [];
  private filled = PIECE;
  private shapeOf = new Uint32Array(1024);
  private pieceOf = new Uint32Array(1024);
  private startOf = new Uint32Array(1024);
  private count = 0;

  /** Keeps a value, and gives its place. What is undefined is no field, as in JSON. */
  add(value: unknown): number {
    const numbers: number[] = [];
    const text: string[] = [];
    describe(value, numbers, text);
    const key = text.join("");
    let shape = this.byText.get(key);
    if (shape === undefined) {
      shape = this.shapes.push(shapeFor(value)) - 1;
      this.byText.set(key, shape);
    }
    if (this.filled + numbers.length > (this.pieces.at(-1)?.length ?? 0)) {
      this.pieces.push(new Float64Array(Math.max(PIECE, numbers.length)));
      this.filled = 0;
    }
    if (this.count === this.shapeOf.length)
      for (const name of ["shapeOf", "pieceOf", "startOf"] as const) {
        const larger = new Uint32Array(this.count * 2);
        larger.set(this[name]);
        this[name] = larger;
      }
    this.pieces[this.pieces.length - 1].set(numbers, this.filled);
    this.shapeOf[this.count] = shape;
    this.pieceOf[this.count] = this.pieces.length - 1;
    this.startOf[this.count] = this.filled;
    this.filled += numbers.length;
    return this.count++;
  }

  /** A value as it was given, made anew. */
  get(place: number): unknown {
    const cursor = { piece: this.pieces[this.pieceOf[place]], at: this.startOf[place] };
    return made(this.shapes[this.shapeOf[place]], cursor);
  }
}

const isNumbers = (list: readonly unknown[]): boolean =>
  list.length > 0 && list.every((one) => typeof one === "number");

/** Adds a value's numbers, and all else of it as a text. */
function describe(value: unknown, numbers: number[], text: string[]): void {
  if (typeof value === "number") {
    numbers.push(value);
    text.push("#");
  } else if (typeof value !== "object" || value === null) text.push(JSON.stringify(value ?? null));
  else if (Array.isArray(value)) {
    if (isNumbers(value)) {
      for (const one of value as number[]) numbers.push(one);
      text.push(`#${value.length}`);
      return;
    }
    text.push("[");
    for (const one of value) {
      describe(one, numbers, text);
      text.push(",");
    }
    text.push("]");
  } else {
    text.push("{");
    for (const [name, one] of Object.entries(value)) {
      if (one === undefined) continue;
      text.push(JSON.stringify(name));
      describe(one, numbers, text);
    }
    text.push("}");
  }
}

function shapeFor(value: unknown): Shape {
  if (typeof value === "number") return { kind: "number" };
  if (typeof value !== "object" || value === null)
    return { kind: "same", value: typeof value === "string" || typeof value === "boolean" ? value : null };
  if (Array.isArray(value))
    return isNumbers(value)
      ? { kind: "numbers", length: value.length }
      : { kind: "list", members: value.map((one) => shapeFor(one)) };
  const fields = Object.entries(value).filter(([, one]) => one !== undefined);
  return { kind: "fields", fields: fields.map(([name, one]) => [name, shapeFor(one)]) };
}

function made(shape: Shape, cursor: { piece: Float64Array; at: number }): unknown {
  switch (shape.kind) {
    case "number":
      return cursor.piece[cursor.at++];
    case "same":
      return shape.value;
    case "numbers":
      return Array.from(cursor.piece.subarray(cursor.at, (cursor.at += shape.length)));
    case "list":
      return shape.members.map((member) => made(member, cursor));
    case "fields": {
      const value: Record<string, unknown> = {};
      for (const [name, member] of shape.fields) {
        const own = made(member, cursor);
        // As JSON.parse has it: an own field, not the prototype.
        if (name === "__proto__")
          Object.defineProperty(value, name, { value: own, enumerable: true, configurable: true, writable: true });
        else value[name] = own;
      }
      return value;
    }
  }
}
