import { escapeText, type Markup, markupText } from "./markup.js";
import { reportStyle } from "./style.js";

/**
 * One self-contained HTML file: no script, nothing loaded, and a policy of its own that allows styles only. `title` and
 * all text of `articles` are escaped here.
 */
export function htmlDocument(title: string, articles: readonly Markup[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeText(title)} – weightscope</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
${articles.map(markupText).join("\n")}
</main>
</body>
</html>
`;
}
