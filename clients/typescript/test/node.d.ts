/** What the tests use of Node; the client itself uses nothing of it. */
declare module "node:test" {
  export function test(name: string, does: () => Promise<void> | void): Promise<void>;
}
declare module "node:assert/strict" {
  const assert: {
    equal(found: unknown, wanted: unknown, message?: string): void;
    deepEqual(found: unknown, wanted: unknown, message?: string): void;
    ok(found: unknown, message?: string): void;
    rejects(asked: Promise<unknown>, why?: (error: { type?: string }) => boolean): Promise<void>;
  };
  export default assert;
}
declare module "node:fs" {
  export function readdirSync(folder: string): string[];
  export function readFileSync(path: string, encoding: "utf8"): string;
}
declare const process: { argv: string[] };
