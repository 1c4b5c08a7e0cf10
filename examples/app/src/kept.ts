/** What was read, for when there is no network. Lists are kept by the client; this keeps the rest. */
import AsyncStorage from "@react-native-async-storage/async-storage";
import type { components } from "@tagwire/client";
import { news, registered } from "./news";

export type FullArticle = components["schemas"]["Article"];
export type Alert = components["schemas"]["InboxEntry"];

const OPENED = "app.opened";
const INBOX = "app.inbox";
/** How many opened articles stay. */
const MOST = 50;

export async function recall<T>(name: string): Promise<T | null> {
  const text = await AsyncStorage.getItem(name);
  return text === null ? null : (JSON.parse(text) as T);
}

export async function keep(name: string, value: unknown): Promise<void> {
  await AsyncStorage.setItem(name, JSON.stringify(value));
}

export const keptArticle = (id: string) => recall<FullArticle>(`app.article.${id}`);
export const keptInbox = () => recall<Alert[]>(INBOX);

export async function freshArticle(id: string): Promise<FullArticle> {
  const article = await news.article(id);
  await keep(`app.article.${id}`, article);
  const opened = (await recall<string[]>(OPENED)) ?? [];
  const [...ids] = new Set([id, ...opened]);
  await keep(OPENED, ids.slice(0, MOST));
  await Promise.all(ids.slice(MOST).map((old) => AsyncStorage.removeItem(`app.article.${old}`)));
  return article;
}

/** Taken down at the server: it must not stay here. */
export async function forgetArticle(id: string): Promise<void> {
  await AsyncStorage.removeItem(`app.article.${id}`);
}

/** Everything that tells what was read or wanted here. */
export async function forgetAll(): Promise<void> {
  await AsyncStorage.clear();
}

export async function freshInbox(): Promise<Alert[]> {
  await registered();
  const alerts = await news.installation.inbox(50);
  await keep(INBOX, alerts);
  return alerts;
}
