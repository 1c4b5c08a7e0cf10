// What was read lately, kept on the phone: without a network its screens show that.

import { NAME } from "./store.js";

const PLACE = `simulator-${NAME}`;
const MOST = 60;
const READ = /^\/v1\/(feed|(tags|sources|categories)\/.+\/articles|articles\/.+|breaking\/articles)(\?|$)/;

const place = async () => globalThis.caches?.open(PLACE); // there is none without TLS

/** What stands last was read last; what is gone is gone here too. */
export async function keepAnswer(path, answer) {
  if (!READ.test(path)) return;
  const kept = await place();
  await kept?.delete(path);
  if (!answer.ok) return;
  await kept?.put(path, new Response(await answer.text(), { headers: { "Content-Type": "application/json" } }));
  const all = (await kept?.keys()) ?? [];
  for (const each of all.slice(0, -MOST)) await kept.delete(each);
}

export async function keptAnswer(path) {
  return READ.test(path) ? (await place())?.match(path) : undefined;
}

export async function forgetAnswers() {
  await globalThis.caches?.delete(PLACE);
}
