/** Alerts on phones, through Firebase. `index.web.ts` takes its place in a browser. */
import { getApps } from "@react-native-firebase/app";
import { getInitialNotification, getMessaging, getToken, onMessage, onNotificationOpenedApp, onTokenRefresh } from "@react-native-firebase/messaging";
import * as Notifications from "expo-notifications";
import { Platform } from "react-native";
import { known, type Address, type PushData } from "@tagwire/client";
import { news } from "../news";
import { told, type Heard } from "./heard";

/** Without google-services.json there is no Firebase app, and there are no alerts. */
const isThere = () => getApps().length > 0;

/** Asks for the permission where that was not done yet; null where there is none. */
export async function enable(): Promise<Address | null> {
  if (!isThere()) return null;
  await makeChannels();
  const { granted } = await Notifications.requestPermissionsAsync();
  return granted ? address() : null;
}

export async function listen(heard: Heard): Promise<() => void> {
  if (!isThere()) return () => undefined;
  const messaging = getMessaging();
  const ends = [
    onMessage(messaging, (message) => void told(heard, message)),
    onNotificationOpenedApp(messaging, (message) => heard.tapped((message.data ?? {}) as PushData)),
    onTokenRefresh(messaging, (value) => void news.installation.address({ kind: "token", value })),
  ];
  const first = await getInitialNotification(messaging);
  if (first !== null) heard.tapped((first.data ?? {}) as PushData);
  await tellAddress().catch(() => undefined); // without a network the next start tells it
  return () => ends.forEach((end) => end());
}

async function tellAddress(): Promise<void> {
  const { granted } = await Notifications.getPermissionsAsync();
  if (granted) await news.installation.address(await address());
}

async function address(): Promise<Address> {
  return { kind: "token", value: await getToken(getMessaging()) };
}

/** The ids are the server's; after the first time Android lets only the reader change how loud one is. */
async function makeChannels(): Promise<void> {
  if (Platform.OS !== "android") return;
  const { notification_channels: channels } = await known(news.api.GET("/v1/config"));
  const { HIGH, DEFAULT, LOW } = Notifications.AndroidImportance;
  const loud = { breaking: HIGH, news: DEFAULT, corrections: LOW, silent: LOW };
  for (const [name, importance] of Object.entries(loud)) {
    const id = channels[name as keyof typeof loud];
    await Notifications.setNotificationChannelAsync(id, { name, importance });
  }
}
