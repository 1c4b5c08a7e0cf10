/** What the store says of the link that led to it. An iPhone's store says nothing: there the reader pastes it. */
import * as Application from "expo-application";
import { Platform } from "react-native";

export async function referrer(): Promise<string | null> {
  return Platform.OS === "android" ? Application.getInstallReferrerAsync() : null;
}
