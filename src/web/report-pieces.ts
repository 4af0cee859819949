import { reportCsvPieces } from "../report/csv.js";
import { renderHtml } from "../report/html.js";
import { jsonPieces } from "../report/json.js";
import { reportMarkdown } from "../report/markdown.js";
import type { Report } from "../types.js";
import type { ReportForm } from "./download-forms.js";

/** Letters that are gathered before they are written. */
const GATHERED = 1 << 16;

/** The report in one of its forms, as pieces that follow one another. */
export function reportPieces(kind: ReportForm, report: Report): Iterable<string> {
  const sourced = [{ source: report.source.name, report }];
  if (kind === "json") return jsonPieces(report);
  if (kind === "csv") return reportCsvPieces(sourced);
  return [kind === "markdown" ? reportMarkdown(sourced) : renderHtml(report)];
}

/** Pieces of text as bytes, made as they are asked for. */
export function byteStream(pieces: Iterable<string>): ReadableStream<Uint8Array> {
  const all = pieces[Symbol.iterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        let text = "";
        while (text.length < GATHERED) {
          const { done, value } = all.next();
          if (done) {
            if (text !== "") controller.enqueue(encoder.encode(text));
            return controller.close();
          }
          text += value;
        }
        controller.enqueue(encoder.encode(text));
      },
    },
    { highWaterMark: 0 },
  );
}
