import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

/** A registry of one package, as npm's protocol has it: what `npm:weightscope` resolves to before it is published. */
export async function startRegistry(tarball, manifest) {
  const bytes = await readFile(tarball);
  const server = createServer((request, response) => {
    const base = `http://${request.headers.host}`;
    if (request.url === `/${manifest.name}`) {
      const dist = {
        tarball: `${base}/${manifest.name}.tgz`,
        shasum: createHash("sha1").update(bytes).digest("hex"),
        integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
      };
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          name: manifest.name,
          "dist-tags": { latest: manifest.version },
          versions: { [manifest.version]: { ...manifest, dist } },
        }),
      );
    } else if (request.url === `/${manifest.name}.tgz`) response.end(bytes);
    else response.writeHead(404).end("{}");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}
