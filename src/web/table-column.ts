import type { Markup } from "../report/html/markup.js";

/** A column of a table that can be sorted; `width` in px, `about` for the one who points at its head. */
export interface TableColumn<Row> {
  key: string;
  title: string;
  about: string;
  numeric: boolean;
  width: number;
  value(row: Row): number | string | null;
  text(row: Row): string;
  /** Drawn before the text. */
  picture?(row: Row): Markup | null;
}
