/**
 * What comes while the app is not open. Android starts the app for it without a screen, so that Firebase wants this
 * before any screen is made. `background.web.ts` takes its place in a browser.
 */
import { getApps } from "@react-native-firebase/app";
import { getMessaging, setBackgroundMessageHandler } from "@react-native-firebase/messaging";
import { told } from "./heard";

const nobody = { arrived: () => undefined, tapped: () => undefined };

if (getApps().length > 0) setBackgroundMessageHandler(getMessaging(), (message) => told(nobody, message));
