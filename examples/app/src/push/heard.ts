/** What is done with a message, wherever it came from. */
import type { PushData } from "@tagwire/client";
import { news } from "../news";

/** An alert as the app shows it while it is open. */
export interface Arrived {
  title: string;
  body: string;
  data: PushData;
}

export interface Heard {
  arrived: (alert: Arrived) => void;
  tapped: (data: PushData) => void;
}

interface Message {
  data?: PushData;
  notification?: { title?: string; body?: string };
}

/** One message may prove this phone's address: that one is not for the reader. */
export async function told(heard: Heard, { data = {}, notification }: Message): Promise<void> {
  if (await news.installation.confirmAddress(data)) return;
  if (typeof data["notification_id"] === "string") await news.events.record("received", data["notification_id"]);
  // What comes as data alone is a correction in the reader's quiet hours: nothing pops up.
  if (notification) heard.arrived({ title: notification.title ?? "", body: notification.body ?? "", data });
  await news.events.flush().catch(() => undefined); // they leave when there is a network
}
