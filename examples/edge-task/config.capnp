# workerd serve config.capnp
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "internet", network = (allow = ["public", "private"]))],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "out/worker.js"),
    (name = "kernels.wasm", wasm = embed "out/kernels.wasm"),
    (name = "quantized.wasm", wasm = embed "out/quantized.wasm"),
  ],
  bindings = [(name = "ALLOW", text = "https://models.example/")],
  compatibilityDate = "2026-01-01",
  globalOutbound = "internet",
);
