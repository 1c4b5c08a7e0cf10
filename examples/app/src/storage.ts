/** Where the system keeps secrets: Keychain and Keystore. `storage.web.ts` takes its place in a browser. */
import * as SecureStore from "expo-secure-store";
import type { Storage } from "@tagwire/client";

export const secrets: Storage = {
  getItem: (name) => SecureStore.getItemAsync(name),
  setItem: (name, value) => SecureStore.setItemAsync(name, value),
  removeItem: (name) => SecureStore.deleteItemAsync(name),
};
