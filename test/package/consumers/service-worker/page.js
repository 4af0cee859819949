// A page whose service worker, a module, analyses: workers of this kind may not import() anything.
const post = (path, body) => fetch(path, { method: "POST", body });
try {
  const registration = await navigator.serviceWorker.register("service-worker.js", { type: "module" });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  navigator.serviceWorker.onmessage = ({ data }) =>
    post(data.failed ? "/failed" : "/result", data.failed ?? data.report);
  navigator.serviceWorker.startMessages();
  worker.postMessage("analyze");
} catch (error) {
  await post("/failed", error?.stack ?? String(error));
}
