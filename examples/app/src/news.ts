/** The one client of the app. */
import AsyncStorage from "@react-native-async-storage/async-storage";
import { getLocales } from "expo-localization";
import { Platform } from "react-native";
import { tagwire, type Draft } from "@tagwire/client";
import written from "../tagwire.json";
import { screenOf, type Screen } from "./routes";
import { secrets } from "./storage";

export const SERVER = process.env.EXPO_PUBLIC_SERVER ?? written.extra.server;

const platform = Platform.OS === "ios" || Platform.OS === "android" ? Platform.OS : undefined;

export const news = tagwire<Screen>({
  baseUrl: SERVER,
  storage: AsyncStorage,
  secrets,
  screenOf,
  ...(platform && { platform }),
});

let registering: Promise<void> | null = null;

/** Before every call of one's own: registers at the first start, tells what changed at others; again after a failure. */
export function registered(): Promise<void> {
  registering ??= news.installation.start(draft()).catch((error: unknown) => {
    registering = null;
    throw error;
  });
  return registering;
}

/** After the reader erased this installation: the next call of one's own registers anew. */
export function forgetRegistration(): void {
  registering = null;
}

function draft(): Draft {
  return {
    platform: platform ?? "web",
    locale: getLocales()[0]?.languageTag ?? "en",
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}
