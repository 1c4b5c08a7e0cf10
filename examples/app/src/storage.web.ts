/** A browser has no place for secrets that is better than this. */
import AsyncStorage from "@react-native-async-storage/async-storage";
import type { Storage } from "@tagwire/client";

export const secrets: Storage = AsyncStorage;
