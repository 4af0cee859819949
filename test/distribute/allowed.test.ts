import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AllowedAddresses, isForbiddenHost, shareableAddress } from "../../src/distribute/allowed.js";

const allow = new AllowedAddresses(["https://models.example/public/", "http://127.0.0.1:8080/a", "hf://owner/"]);

describe("the addresses that a worker may read", () => {
  it.each([
    "https://models.example/public/model.safetensors",
    "https://MODELS.example:443/public/x/y.safetensors?generation=1",
    "https://models.example/other/../public/x",
    "http://127.0.0.1:8080/a",
    "http://127.0.0.1:8080/a/b",
    "http://2130706433:8080/a/b",
    "hf://owner/repo@main/model.safetensors",
    "https://huggingface.co/owner/repo/resolve/main/model.safetensors",
  ])("%s is inside", (address) => expect(allow.allows(address)).toBe(true));

  it.each([
    "https://models.example/publicity/x",
    "https://models.example/public/../secret",
    "https://models.example/public/%2e%2e/secret",
    "https://models.example/public/..%2fsecret",
    "https://models.example/public/a%5c..%5csecret",
    "https://models.example/public\\..\\secret",
    "https://models.example.evil.example/public/x",
    "https://models.example@evil.example/public/x",
    "https://user:password@models.example/public/x",
    "https://models.example:8443/public/x",
    "http://models.example/public/x",
    "http://127.0.0.1:8080/ab",
    "http://127.0.0.1/a",
    "http://localhost:8080/a",
    "hf://other/repo",
    "hf://owner/../other/repo",
    "file:///etc/passwd",
    "ftp://models.example/public/x",
    "/etc/passwd",
    "",
  ])("%s is outside", (address) => {
    expect(allow.allows(address)).toBe(false);
    expect(() => allow.check(address)).toThrow(/not among the addresses/);
  });

  it.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://169.254.1/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://metadata.google.internal/",
    "http://METADATA.google.internal./",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://0.0.0.0/",
    "http://0/",
    "http://[::]/",
  ])("%s is refused even where it is named", (address) => {
    expect(isForbiddenHost(new URL(address).hostname)).toBe(true);
    expect(() => new AllowedAddresses([address])).toThrow(/no prefix/);
  });

  it.each(["10.0.0.7", "127.0.0.1", "192.168.1.1", "models.example", "[::1]", "[2001:db8::1]"])(
    "%s may be named",
    (host) => expect(isForbiddenHost(host)).toBe(false),
  );

  it("lets no spelling of a path out of its prefix", () => {
    const piece = fc.constantFrom(
      "..",
      ".",
      "%2e%2e",
      "%2E.",
      "a",
      "public",
      "",
      "%2f",
      "\\",
      "..;",
      "?",
      "#",
      "@",
      "//",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const address = `https://models.example/public/${pieces.join("/")}`;
        if (allow.allows(address)) expect(new URL(address).href).toMatch(/^https:\/\/models\.example\/public\//);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("an address in a job", () => {
  it("has no password, and no query unless that is asked for", () => {
    expect(shareableAddress("https://models.example/a.safetensors")).toBe("https://models.example/a.safetensors");
    expect(shareableAddress("/data/model.safetensors")).toBe("/data/model.safetensors");
    expect(() => shareableAddress("https://u:p@models.example/a", true)).toThrow(/password/);
    expect(() => shareableAddress("https://models.example/a?X-Amz-Signature=1")).toThrow(/--signed/);
    expect(shareableAddress("https://models.example/a?s=1", true)).toContain("?s=1");
  });
});
