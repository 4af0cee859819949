/** Every host gives what `Host` asks for: checked by the compiler, run by nothing. */
import * as browser from "../../src/host/browser.js";
import type { Host } from "../../src/host/contract.js";
import * as node from "../../src/host/node.js";
import * as statics from "../../src/host/static.js";
import * as worker from "../../src/host/worker.js";
import * as workerd from "../../src/host/workerd.js";

/** A worker opens nothing and starts nobody, so it need not say how. */
type WorkerHost = Omit<Host, "environment" | "createScratch" | "openLog" | "request">;

const hosts: readonly Host[] = [node, browser, workerd, statics];
const inWorkers: WorkerHost = worker;

export { hosts, inWorkers };
