import { describe, expect, it, vi } from "vitest";
import { openCheckpoint } from "../../src/index.js";
import { file, options, other, readB, server, url } from "./remote-file.js";

describe("redirects", () => {
  const redirecting = (location: string, status = 302) => {
    server.manner = (_, response) => {
      response.writeHead(status, { location }).end();
      return true;
    };
  };
  it("are followed, and remembered", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      server.reset();
      const place = server.address("/m/model.safetensors");
      redirecting(`${other.origin}/m/model.safetensors?signature=1`, status);
      await readB(place);
      expect(server.requests.length).toBe(1);
    }
  });
  it("never carry a token, a header or a password to another host", async () => {
    redirecting(`${other.origin}/m/model.safetensors`);
    await readB(url, { token: "secret", headers: { "X-Api-Key": "secret" } });
    await readB(url.replace("//", "//user:secret@"));
    expect(server.requests[0].headers).toMatchObject({ authorization: "Bearer secret", "x-api-key": "secret" });
    expect(server.requests[1].headers.authorization).toBe(`Basic ${btoa("user:secret")}`);
    expect(other.requests.length).toBeGreaterThan(4);
    expect(JSON.stringify(other.requests)).not.toContain("secret");
  });
  it("keep the token on the same host", async () => {
    server.serve("/elsewhere.safetensors", file);
    server.manner = ({ path }, response) => {
      if (path !== "/elsewhere.safetensors") response.writeHead(302, { location: "/elsewhere.safetensors" }).end();
      return path !== "/elsewhere.safetensors";
    };
    await readB(url, { token: "secret" });
    expect(server.requests.every((request) => request.headers.authorization === "Bearer secret")).toBe(true);
  });
  it("that expire are asked for anew", async () => {
    redirecting(`${other.origin}/m/model.safetensors`);
    other.manner = (_, response, count) => {
      if (count === 2) response.writeHead(403).end();
      return count === 2;
    };
    await readB(url);
    // Once at first, once more for each request that was in flight when the address had expired.
    expect(server.requests.length).toBeGreaterThanOrEqual(2);
    expect(server.requests.length).toBeLessThanOrEqual(5);
  });
  it("that lead nowhere are one line", async () => {
    redirecting(url);
    await expect(openCheckpoint(url, options)).rejects.toMatchObject({ code: "bad-redirect" });
    for (const location of ["file:///etc/passwd", "ftp://host/a", "data:,x", "http://["]) {
      redirecting(location);
      await expect(openCheckpoint(url, options)).rejects.toMatchObject({ code: "bad-redirect" });
    }
  });
});

describe("a token", () => {
  it("is not sent in the clear, and passwords are not shown", async () => {
    await expect(openCheckpoint("http://example.invalid/m.safetensors", { token: "secret" })).rejects.toMatchObject({
      code: "insecure",
    });
    server.manner = (_, response) => {
      response.writeHead(403).end();
      return true;
    };
    const error: Error = await openCheckpoint(`${url.replace("//", "//user:secret@")}&key=secret`, options).catch(
      (reason) => reason,
    );
    expect(error.message).not.toContain("secret");
  });
});

describe("what cannot be sent", () => {
  it("is refused before it is tried, without quoting it", async () => {
    const unsendable: { token?: string; headers?: Record<string, string> }[] = [
      { token: "se\ncret" },
      { headers: { "x-key": "se\ncret" } },
      { headers: { "no name": "secret" } },
    ];
    for (const more of unsendable) {
      const error: Error & { code?: string } = await openCheckpoint(url, { ...options, ...more }).catch(
        (reason) => reason,
      );
      expect(error.code).toBe("bad-header");
      expect(error.message).not.toMatch(/cret/);
    }
    expect(server.requests).toEqual([]);
    await readB(url, { token: "secret\n" });
    expect(server.requests[0].headers.authorization).toBe("Bearer secret");
    for (const address of ["https://", "http://[", "https://%"])
      await expect(openCheckpoint(address)).rejects.toMatchObject({ code: "bad-url" });
  });
});

describe("a browser, which follows redirects itself", () => {
  /** Shows no redirect, and follows where it is told to. */
  const browser = (async (input: URL, init: RequestInit) => {
    const response = await fetch(input, init);
    if (init.redirect !== "manual" || response.status !== 302) return response;
    return Object.defineProperty(new Response(null), "type", { value: "opaqueredirect" });
  }) as typeof fetch;
  const redirecting = () => {
    server.manner = (_, response) => {
      response.writeHead(302, { location: `${other.origin}/m/model.safetensors` }).end();
      return true;
    };
  };

  it("is let, with a token, and the address it came to is remembered", async () => {
    redirecting();
    await readB(url, { fetch: browser, token: "secret" });
    expect(server.requests.length).toBe(2);
    expect(JSON.stringify(other.requests)).not.toContain("secret");
  });
  it("is not let with other headers, which it would take along", async () => {
    redirecting();
    await expect(
      openCheckpoint(url, { ...options, fetch: browser, headers: { "x-api-key": "secret" } }),
    ).rejects.toMatchObject({ code: "bad-redirect" });
    expect(other.requests).toEqual([]);
  });
});

describe("hf://", () => {
  const hub = () => {
    vi.stubEnv("HF_ENDPOINT", server.origin);
    vi.stubEnv("HF_TOKEN", "secret");
    for (const revision of ["main", "v1.0", "refs%2Fpr%2F3"])
      server.serve(`/owner/repo/resolve/${revision}/model.safetensors`, file);
    server.serve("/owner/repo/resolve/main/sub/other%20one.safetensors", file);
    server.serve(
      "/api/models/owner/repo/revision/main",
      new TextEncoder().encode(
        JSON.stringify({
          id: "owner/repo",
          siblings: [
            { rfilename: ".gitattributes" },
            { rfilename: "model.safetensors", size: 3 },
            { rfilename: "onnx/a.safetensors" },
          ],
        }),
      ),
    );
  };
  it("reads a repository, a revision, a file, with HF_TOKEN", async () => {
    hub();
    for (const address of [
      "hf://owner/repo",
      "hf://owner/repo@v1.0/model.safetensors",
      "hf://owner/repo@refs/pr/3/model.safetensors",
      "hf://owner/repo/sub/other one.safetensors",
    ])
      await readB(address);
    expect(server.requests.every((request) => request.headers.authorization === "Bearer secret")).toBe(true);
  });
  it("prefers the token it is given", async () => {
    hub();
    await readB("hf://owner/repo", { token: "mine" });
    expect(server.requests.every((request) => request.headers.authorization === "Bearer mine")).toBe(true);
  });
  it("refuses what is no such address", async () => {
    hub();
    for (const address of [
      "hf://owner",
      "hf://owner/repo/../x",
      "hf://owner/repo@",
      "hf://owner//x",
      "hf://../repo/x",
      "hf:///owner/repo",
    ])
      await expect(openCheckpoint(address, options)).rejects.toMatchObject({ code: "bad-url" });
    await expect(openCheckpoint("hf://owner/none", options)).rejects.toMatchObject({ code: "not-found" });
    server.serve("/api/models/owner/bad/revision/main", new TextEncoder().encode('{"siblings": 3}'));
    await expect(openCheckpoint("hf://owner/bad", options)).rejects.toMatchObject({ code: "invalid-index" });
  });
});
