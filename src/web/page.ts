import { printable } from "../base/printable.js";
import { answerOf, answerSoFar } from "../report/answer.js";
import { plural } from "../report/format.js";
import { make, save } from "./dom.js";
import type { Download } from "./downloads.js";
import { isText, listenForDrops } from "./drop.js";
import { headerLine, headerTables } from "./header.js";
import { type Place, readLink, START, type View, writeLink } from "./link.js";
import type { Input } from "./messages.js";
import { Model } from "./model.js";
import { givenSettings, showSettings } from "./options-form.js";
import { Tabs } from "./tabs.js";
import { CompareView } from "./views/compare.js";
import { MatricesView } from "./views/matrices.js";
import { OverviewView } from "./views/overview.js";
import { PaperView } from "./views/paper.js";
import { TextView } from "./views/text.js";

const by = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

let place: Place = readLink(location.hash);
let model: Model | null = null;
let other: Model | null = null;
const text = new TextView(by("text"), () => home());
let frame = 0;

const overview = new OverviewView(change);
const matrices = new MatricesView(change);
const paper = new PaperView();
const second = make("input", {
  type: "file",
  multiple: true,
  id: "second-files",
  on: { change: () => choose([...(second.files ?? [])], true) },
});
const secondAddress = make("input", {
  type: "url",
  required: true,
  placeholder: "https://…",
  id: "second-url",
  autocomplete: "off",
});
const compare = new CompareView(
  make(
    "form",
    {
      className: "fields",
      on: {
        submit: (event: Event) => {
          event.preventDefault();
          openOther({ url: secondAddress.value.trim() });
        },
      },
    },
    make("label", { className: "button", htmlFor: "second-files" }, "Choose the second", second),
    make("label", { className: "grow" }, "or its address ", secondAddress),
    make("button", { type: "submit" }, "Compare"),
  ),
  (matrix) => change({ view: "matrices", matrix }),
);
const tabs = new Tabs(
  by("tabs"),
  by("panels"),
  [
    { key: "overview", title: "Overview", panel: overview.element },
    { key: "matrices", title: "Matrices", panel: matrices.element },
    { key: "paper", title: "The paper’s tables", panel: paper.element },
    { key: "compare", title: "Compare", panel: compare.element },
  ],
  (view) => change({ view: view as View }),
);

/** Moves to a place: the link says where, and the views follow. */
function change(part: Partial<Place>): void {
  place = { ...place, ...part };
  history.replaceState(null, "", writeLink(place) || location.pathname + location.search);
  refresh();
}

function refresh(): void {
  if (frame === 0)
    frame = requestAnimationFrame(() => {
      frame = 0;
      render();
    });
}

function open(input: Input): void {
  let settings: ReturnType<typeof givenSettings>;
  try {
    settings = givenSettings();
  } catch (error) {
    by<HTMLDetailsElement>("options").open = true;
    by("start-error").textContent = (error as Error).message;
    return;
  }
  closeAll();
  place = { ...place, source: "url" in input ? input.url : "", settings };
  model = new Model(input, settings, refresh);
  void model.run();
  change({});
  by("model-name").focus({ preventScroll: true });
}

function openOther(input: Input): void {
  if (!model) return;
  other?.close();
  other = new Model(input, model.settings, refresh);
  void other.run();
  change({ view: "compare", other: "url" in input ? input.url : "" });
}

function closeAll(): void {
  model?.close();
  other?.close();
  model = other = null;
  text.close();
  by("start-error").textContent = "";
}

function openText(files: File[]): void {
  closeAll();
  change({ ...START, settings: place.settings });
  if (files.length > 1)
    by("start-error").textContent = "One text at a time: pairs of words do not run from one into the next.";
  else text.open(files[0], place.settings.seed);
}

function choose(files: File[], asSecond = false): void {
  if (files.length === 0) return;
  if (files.every(isText)) return openText(files);
  if (asSecond || (model !== null && place.view === "compare")) openOther({ files });
  else {
    place = { ...START, k: place.k };
    open({ files });
  }
}

function home(): void {
  closeAll();
  change({ ...START, settings: place.settings });
  by("files").focus({ preventScroll: true });
}

const doing: Record<Model["status"], string> = {
  opening: "Reading the header …",
  analysing: "",
  paused: "Paused",
  done: "",
  cancelled: "Cancelled; what was done is shown",
  failed: "",
};

function render(): void {
  by("start").hidden = model !== null || text.isOpen;
  by("work").hidden = model === null;
  document.title = model ? `${printable(model.name, 60)} – weightscope` : "weightscope";
  if (!model) return;
  renderStatus(model);
  tabs.show(place.view);
  if (place.view === "overview") overview.update(model, place);
  else if (place.view === "matrices") matrices.update(model, place);
  else if (place.view === "paper") paper.update(model);
  else if (place.view === "compare") compare.update(model, other, place.k);
}

let headerShown: unknown = null;
function renderStatus(shown: Model): void {
  const { status, progress, header, error, report } = shown;
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  by("model-name").textContent = printable(shown.name, 120);
  by("model-facts").textContent = by("model-facts").title = header ? headerLine(header) : "\u00a0";
  by<HTMLProgressElement>("progress").value = status === "done" ? 1 : share;
  by("doing").textContent =
    doing[status] ||
    (status === "done"
      ? `Done: ${plural(report!.source.matrices, "matrix", "matrices")}`
      : status === "analysing"
        ? `${Math.floor(share * 100)} % · ${shown.matrices.length} matrices done`
        : "");
  by("error").textContent = error ?? "";
  renderAnswer(shown);
  by<HTMLButtonElement>("pause").disabled = status !== "analysing" && status !== "paused";
  by("pause").textContent = status === "paused" ? "Go on" : "Pause";
  by<HTMLButtonElement>("cancel").disabled = !shown.busy;
  by<HTMLSelectElement>("download").disabled = report === null;
  if (header !== headerShown) {
    headerShown = header;
    by("header").replaceChildren(by("header").firstElementChild!, ...(header ? headerTables(header) : []));
  }
  const select = by<HTMLSelectElement>("k");
  const asked = shown.settings.gaussians;
  if (select.options.length !== asked.length || asked.some((one, i) => select.options[i].text !== one))
    select.replaceChildren(...asked.map((one, i) => make("option", { value: String(i) }, one)));
  select.value = String(Math.min(place.k, asked.length - 1));
}

let answered: { model: Model | null; matrices: number } = { model: null, matrices: 0 };
/** The answer above everything, and what there is to say of it, as the command line has them. */
function renderAnswer(shown: Model): void {
  const { report, status } = shown;
  if (report) by("answer").textContent = answerOf(report);
  else if (shown.matrices.length === 0) by("answer").textContent = "";
  // Again with each quarter more: over all that is done each time, it would take longer than the work.
  else if (answered.model !== shown || !shown.busy || shown.matrices.length >= 1.25 * answered.matrices) {
    answered = { model: shown, matrices: shown.matrices.length };
    by("answer").textContent = answerSoFar(shown.shown, !shown.busy);
  }
  by("answer").classList.toggle("partial", report === null);
  const notes = report?.source.notes ?? (status === "cancelled" ? ["cancelled: all figures are of a part only"] : []);
  const list = by("notes");
  if (list.childElementCount !== notes.length || notes.some((note, i) => list.children[i].textContent !== note))
    list.replaceChildren(...notes.map((note) => make("li", {}, printable(note, 400))));
}

async function download(kind: Download): Promise<void> {
  if (!model?.report) return;
  const { report } = model;
  const { downloadOf } = await import("./downloads.js");
  for (const { name, type, text } of downloadOf(kind, report, overview.figures)) save(name, type, text);
}

function start(): void {
  showSettings(place.settings);
  if (place.source === "") return;
  by<HTMLInputElement>("url").value = place.source;
  const { other: address, view } = place;
  open({ url: place.source });
  if (address !== "") openOther({ url: address });
  change({ view });
}

by<HTMLInputElement>("files").addEventListener("change", (event) =>
  choose([...((event.target as HTMLInputElement).files ?? [])]),
);
by("address").addEventListener("submit", (event) => {
  event.preventDefault();
  place = { ...START, k: place.k };
  open({ url: by<HTMLInputElement>("url").value.trim() });
});
by("pause").addEventListener("click", () => model?.togglePause());
by("cancel").addEventListener("click", () => model?.cancel());
for (const id of ["again", "home"]) {
  by(id).addEventListener("click", (event) => {
    event.preventDefault();
    home();
  });
}
by<HTMLSelectElement>("k").addEventListener("change", (event) =>
  change({ k: Number((event.target as HTMLSelectElement).value) }),
);
by<HTMLSelectElement>("download").addEventListener("change", (event) => {
  const select = event.target as HTMLSelectElement;
  const kind = select.value as Download | "";
  select.value = "";
  if (kind !== "") void download(kind);
});
by<HTMLSelectElement>("theme").addEventListener("change", (event) => {
  document.documentElement.dataset.theme = (event.target as HTMLSelectElement).value;
});
addEventListener("hashchange", () => {
  const next = readLink(location.hash);
  const fresh =
    next.source !== place.source ||
    next.other !== place.other ||
    JSON.stringify(next.settings) !== JSON.stringify(place.settings);
  place = next;
  if (!fresh) return refresh();
  closeAll();
  start();
  refresh();
});
listenForDrops(by("over"), choose);
start();
refresh();
