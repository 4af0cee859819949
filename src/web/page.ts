import { printable } from "../base/printable.js";
import { addressOf } from "./address.js";
import { byId as by, make, save } from "./dom.js";
import type { Download } from "./downloads.js";
import { listenForDrops } from "./drop.js";
import { ErrorCard } from "./error-card.js";
import { isText } from "./kind.js";
import { EXAMPLE, type Place, readLink, START, type View, writeLink } from "./link.js";
import type { Input } from "./messages.js";
import { Model } from "./model.js";
import { givenSettings, showSettings } from "./options-form.js";
import { explain, noAddress, type Problem } from "./remedy.js";
import { StatusView } from "./status.js";
import { Tabs } from "./tabs.js";
import { CompareView } from "./views/compare.js";
import { MatricesView } from "./views/matrices.js";
import { OverviewView } from "./views/overview.js";
import { PaperView } from "./views/paper.js";
import { TextView } from "./views/text.js";

let place: Place = readLink(location.hash);
let model: Model | null = null;
let other: Model | null = null;
const text = new TextView(by("text"), () => home());
let frame = 0;
const status = new StatusView();
const startCard = new ErrorCard();
by("start-error").append(startCard.element);
/** What is wrong with what was given, before there is a model to ask. */
let problem: Problem | null = null;

const overview = new OverviewView(change);
const matrices = new MatricesView(change);
const paper = new PaperView();
const second = make("input", {
  type: "file",
  multiple: true,
  id: "second-files",
  on: { change: () => void choose([...(second.files ?? [])], true) },
});
const secondAddress = make("input", {
  inputMode: "url",
  required: true,
  placeholder: "https://… or owner/repo",
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
          const url = addressOf(secondAddress.value);
          if (url !== null) openOther({ url });
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
    return say(explain({ code: "option", message: (error as Error).message }, null));
  }
  closeAll();
  place = { ...place, source: "url" in input ? input.url : "", settings };
  model = new Model(input, settings, refresh);
  void model.run();
  change({});
  by("model-name").focus({ preventScroll: true });
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
  other = new Model(input, model.settings, refresh);
  void other.run();
  change({ view: "compare", other: "url" in input ? input.url : "" });
}

function closeAll(): void {
  model?.close();
  other?.close();
  model = other = null;
  text.close();
  problem = null;
}

function openText(files: File[]): void {
  closeAll();
  change({ ...START, settings: place.settings });
  if (files.length > 1)
    problem = {
      title: "One text at a time",
      cause: "Pairs of words do not run from one text into the next.",
      remedy: "Drop one of them, or join them into one file.",
      command: null,
    };
  else text.open(files[0], place.settings.seed);
}

async function choose(files: File[], asSecond = false): Promise<void> {
  if (files.length === 0) return;
  if ((await Promise.all(files.map(isText))).every(Boolean)) return openText(files);
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

function render(): void {
  const unopened = model?.unopened === true;
  by("start").hidden = (model !== null && !unopened) || text.isOpen;
  by("work").hidden = model === null || unopened;
  startCard.show(unopened && model?.error ? explain(model.error, model.input) : problem);
  document.title = model ? `${printable(model.name, 60)} – weightscope` : "weightscope";
  if (!model) return;
  status.update(model, place.k);
  tabs.show(place.view);
  if (place.view === "overview") overview.update(model, place);
  else if (place.view === "matrices") matrices.update(model, place);
  else if (place.view === "paper") paper.update(model);
  else if (place.view === "compare") compare.update(model, other, place.k);
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
  if (place.source !== EXAMPLE) by<HTMLInputElement>("url").value = place.source;
  const { other: address, view } = place;
  open({ url: place.source });
  if (address !== "") openOther({ url: address });
  change({ view });
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
listenForDrops(by("over"), (files) => void choose(files));
start();
refresh();
