import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { CHROMIUM_FLAGS } from "../support/browsers.mjs";
import { start, within } from "./processes.mjs";
import { serve } from "./serve.mjs";

/**
 * Each opens a URL in a profile of its own and gives what ends it. Pages post their answer back, so no driver is needed
 * but WebKit's.
 */
const launchers = {
  chromium: async (program, url, profile) =>
    start(program, [
      "--headless=new",
      ...CHROMIUM_FLAGS,
      "--no-default-browser-check",
      "--disable-dev-shm-usage",
      "--disable-background-timer-throttling",
      "--disable-renderer-backgrounding",
      `--user-data-dir=${profile}`,
      url,
    ]),
  firefox: async (program, url, profile) => {
    const preferences = {
      "app.update.enabled": false,
      "browser.shell.checkDefaultBrowser": false,
      "browser.startup.homepage_override.mstone": "ignore",
      "datareporting.policy.dataSubmissionEnabled": false,
      "toolkit.telemetry.reportingpolicy.firstRun": false,
      "browser.aboutwelcome.enabled": false,
      "network.captive-portal-service.enabled": false,
      "network.connectivity-service.enabled": false,
      "app.normandy.enabled": false,
    };
    await writeFile(
      path.join(profile, "user.js"),
      Object.entries(preferences)
        .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
        .join(""),
    );
    return start(program, ["--headless", "--no-remote", "--profile", profile, url], {
      env: { ...process.env, HOME: profile },
    });
  },
  webkit: async (program, url, profile) => {
    const port = await freePort();
    const driver = start("xvfb-run", ["-a", program, `--port=${port}`], {
      env: {
        ...process.env,
        HOME: profile,
        XDG_RUNTIME_DIR: profile,
        LIBGL_ALWAYS_SOFTWARE: "1",
        WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      },
    });
    const call = async (method, body) => {
      const response = await fetch(`http://127.0.0.1:${port}${method}`, { method: "POST", body: JSON.stringify(body) });
      const { value } = await response.json();
      if (!response.ok) throw new Error(`WebKitWebDriver: ${value.message}`);
      return value;
    };
    try {
      const { sessionId } = await retried(() => call("/session", { capabilities: { alwaysMatch: {} } }));
      await call(`/session/${sessionId}/url`, { url });
    } catch (error) {
      await driver.stop();
      throw new Error(`${error.message}\n${driver.said()}`);
    }
    return driver;
  },
};

async function retried(work) {
  for (let tries = 100; ; tries--) {
    try {
      return await work();
    } catch (error) {
      // Until the driver listens.
      if (tries === 0 || !(error instanceof TypeError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** Opens `url` in a browser until `answer` settles. */
export async function visit(browser, program, url, answer, seconds = 120) {
  const profile = await mkdtemp(path.join(tmpdir(), "weightscope-profile-"));
  const started = await launchers[browser](program, url, profile);
  try {
    return await within(
      seconds,
      Promise.race([
        answer,
        started.ended.then((code) => {
          throw new Error(`${browser} ended with ${code} before its page answered\n${started.said()}`);
        }),
      ]),
      browser,
    );
  } finally {
    await started.stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/**
 * Serves a folder and gives what its page posts to /result.
 * @param {string} browser
 * @param {string} program
 * @param {string} folder
 * @param {{ headers?: Record<string, string>, page?: string, seconds?: number }} [options]
 */
export async function visitFolder(browser, program, folder, { headers, page = "/", seconds } = {}) {
  const server = await serve(folder, headers);
  try {
    return await visit(browser, program, server.origin + page, server.result, seconds);
  } finally {
    await server.close();
  }
}
