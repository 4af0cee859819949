import { printable } from "../base/printable.js";
import { addressOf } from "./address.js";
import { Comparison } from "./comparison.js";
import { byId as by } from "./dom.js";
import { listenForDrops } from "./drop.js";
import { ErrorCard } from "./error-card.js";
import { areTwo, isText } from "./kind.js";
import { EXAMPLE, opensOther, type Place, readLink, START, type View, writeLink } from "./link.js";
import { withoutSweep } from "./measured.js";
import type { Input } from "./messages.js";
import { Model } from "./model.js";
import { givenSettings, showSettings } from "./options-form.js";
import { explain, noAddress, ONE_TEXT, type Problem, SWEEP_ALONE } from "./remedy.js";
import { saveReport } from "./save-report.js";
import { secondForm } from "./second-form.js";
import { StatusView } from "./status.js";
import { Tabs } from "./tabs.js";
import { CompareView } from "./views/compare.js";
import { CompressView } from "./views/compress.js";
import { MatricesView } from "./views/matrices.js";
import { OverviewView } from "./views/overview.js";
import { PaperView } from "./views/paper.js";
import { TensorsView } from "./views/tensors.js";
import { TextView } from "./views/text.js";
import { Visits } from "./visits.js";

let place: Place = readLink(location.hash);
let model: Model | null = null;
let other: Model | null = null;
let comparison: Comparison | null = null;
const text = new TextView(by("text"), () => home());
let frame = 0;
const status = new StatusView(async (kind) => (model ? saveReport(kind, model, overview.figures) : ""));
const startCard = new ErrorCard();
by("start-error").append(startCard.element);
/** What is wrong with what was given, before there is a model to ask. */
let problem: Problem | null = null;
/** Whether the heading is to have the focus as soon as it is shown. */
let focusing = false;

const overview = new OverviewView(change);
const matrices = new MatricesView(change);
const tensors = new TensorsView(change);
const paper = new PaperView();
const compare = new CompareView(secondForm(openOther), (matrix) => change({ view: "matrices", matrix }));
const compressing = new CompressView(openOther);
const tabs = new Tabs(
  by("tabs"),
  by("panels"),
  [
    { key: "overview", title: "Overview", panel: overview.element },
    { key: "matrices", title: "Matrices", panel: matrices.element },
    { key: "tensors", title: "Tensors", panel: tensors.element },
    { key: "paper", title: "The paper’s tables", panel: paper.element },
    { key: "compare", title: "Compare", panel: compare.element },
    { key: "compress", title: "Compress", panel: compressing.element },
  ],
  (view) => change({ view: view as View }),
);

const visits = new Visits();
let visit = -1;
/** Steps that Back undoes; what is typed into filters is none. */
const steps = ["source", "other", "view", "matrix"] as const;

/** Moves to a place: the link says where, and the views follow. */
function change(part: Partial<Place>, step = steps.some((name) => name in part && part[name] !== place[name])): void {
  place = { ...place, ...part };
  const link = writeLink(place) || location.pathname + location.search;
  if (step) history.pushState({ visit }, "", link);
  else history.replaceState({ visit }, "", link);
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
    return say(explain({ code: "option", message: (error as Error).message }, null));
  }
  visit = visits.add(input);
  change({ source: "url" in input ? input.url : "", settings }, true);
  run(input);
}

function run(input: Input): void {
  closeAll();
  model = new Model(input, place.settings, refresh);
  focusing = true;
  void model.run();
  refresh();
}

/** Where nothing could be opened of what was given. */
function say(what: Problem): void {
  closeAll();
  problem = what;
  refresh();
}

function openOther(input: Input): void {
  if (!model) return;
  other?.close();
  comparison?.close();
  other = new Model(input, model.settings, refresh);
  comparison = new Comparison(model, other, refresh);
  void other.run();
  change({ view: "compare", other: "url" in input ? input.url : "" });
}

function closeAll(): void {
  model?.close();
  other?.close();
  comparison?.close();
  compressing.close();
  compare.close();
  model = other = comparison = null;
  text.close();
  problem = null;
}

function openText(files: File[]): void {
  closeAll();
  change({ ...START, settings: place.settings });
  if (files.length > 1) problem = ONE_TEXT;
  else text.open(files[0], place.settings.seed);
}

async function choose(given: File[]): Promise<void> {
  const { sweep, files } = await withoutSweep(given);
  if (sweep) overview.measured = sweep;
  if (files.length === 0) return sweep === null ? undefined : model ? change({ view: "overview" }) : say(SWEEP_ALONE);
  if ((await Promise.all(files.map(isText))).every(Boolean)) return openText(files);
  if (model !== null && place.view === "compare") return openOther({ files });
  place = { ...START, k: place.k };
  if (!areTwo(files)) return open({ files });
  open({ files: files.slice(0, 1) });
  openOther({ files: files.slice(1) });
}

function home(): void {
  closeAll();
  visit = -1;
  change({ ...START, settings: place.settings }, true);
  by("files").focus({ preventScroll: true });
}

function render(): void {
  const unopened = model?.unopened === true;
  by("start").hidden = (model !== null && !unopened) || text.isOpen;
  by("work").hidden = model === null || unopened;
  const options = by(model === null || unopened ? "start" : "work-options");
  // What is put in its place again loses the focus.
  if (by("options").parentElement !== options) options.append(by("options"));
  startCard.show(unopened && model?.error ? explain(model.error, model.input) : problem);
  document.title = model ? `${printable(model.name, 60)} – weightscope` : "weightscope";
  if (!model) return;
  model.wantOverview(place.k);
  if (place.view === "compare") other?.wantOverview(place.k);
  status.update(model, place.k);
  if (focusing && !unopened) {
    by("model-name").focus({ preventScroll: true });
    focusing = false;
  }
  tabs.show(place.view);
  if (place.view === "overview") overview.update(model);
  else if (place.view === "matrices") matrices.update(model, place);
  else if (place.view === "tensors") tensors.update(model);
  else if (place.view === "paper") paper.update(model);
  else if (place.view === "compare") compare.update(model, other, comparison, place.k);
  compressing.update(model);
}

function start(): void {
  showSettings(place.settings);
  if (place.source === "") return;
  if (place.source !== EXAMPLE) by<HTMLInputElement>("url").value = place.source;
  const { other: address, view } = place;
  visit = visits.add({ url: place.source });
  run({ url: place.source });
  if (address !== "") openOther({ url: address });
  change({ view, other: address }, false);
}

by<HTMLInputElement>("files").addEventListener(
  "change",
  (event) => void choose([...((event.target as HTMLInputElement).files ?? [])]),
);
by("address").addEventListener("submit", (event) => {
  event.preventDefault();
  const written = by<HTMLInputElement>("url").value;
  const url = addressOf(written);
  if (url === null) return say(noAddress(written));
  place = { ...START, k: place.k };
  open({ url });
});
by("example").addEventListener("click", () => {
  place = { ...START, k: place.k };
  open({ url: EXAMPLE });
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
by("rerun").addEventListener("click", () => {
  if (model) open(model.input);
});
by<HTMLSelectElement>("theme").addEventListener("change", (event) => {
  document.documentElement.dataset.theme = (event.target as HTMLSelectElement).value;
});
addEventListener("popstate", (event) => {
  const before = place;
  const at = (event.state as { visit?: number } | null)?.visit ?? null;
  place = readLink(location.hash);
  if ((at ?? visit) === visit && !opensOther(place, before)) return refresh();
  visit = at ?? -1;
  const input = visits.get(visit);
  closeAll();
  if (input && !("url" in input)) {
    showSettings(place.settings);
    run(input);
  } else start();
  refresh();
});
listenForDrops(by("over"), (files) => void choose(files));
history.replaceState({ visit }, "");
start();
refresh();
