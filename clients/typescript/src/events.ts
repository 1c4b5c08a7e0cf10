/** What became of alerts on this phone: written down at once, told when there is a network. */
import { known, Refused, repeatable, type Api } from "./http.js";
import type { Installation } from "./installation.js";
import { keep, Queue, recall, type Platform, type Storage } from "./platform.js";
import type { components } from "./schema.js";

type Event = components["schemas"]["AppEvent"];

const KEPT = "tagwire.events";
const AT_ONCE = 200;
/** A phone that stays offline keeps the newest. */
const MOST = 2000;

export class Events {
  private readonly writing = new Queue();
  private readonly sending = new Queue();

  constructor(
    private readonly api: Api,
    private readonly installation: Installation,
    private readonly storage: Storage,
    private readonly platform: Platform,
  ) {}

  /** Never fails for want of a network. */
  record(type: Event["type"], notification_id: string): Promise<void> {
    const at = this.platform.now().toISOString().replace(/\.\d+Z$/, "Z");
    return this.change((waiting) => [...waiting, { type, notification_id, at }].slice(-MOST));
  }

  /** Tells what is waiting; when the app comes to the foreground, and when the network is back. */
  flush(): Promise<void> {
    return this.sending.run(async () => {
      for (;;) {
        const events = (await this.waiting()).slice(0, AT_ONCE);
        if (events.length === 0) return;
        await this.send(events);
        // Each was answered for itself: a refused one would be refused again.
        const told = new Set(events.map((each) => JSON.stringify(each)));
        await this.change((waiting) => waiting.filter((each) => !told.has(JSON.stringify(each))));
      }
    });
  }

  async waiting(): Promise<Event[]> {
    return (await recall<Event[]>(this.storage, KEPT)) ?? [];
  }

  private async send(events: Event[]): Promise<void> {
    try {
      const sent = { body: { events }, headers: repeatable };
      await this.installation.own((params) =>
        known(this.api.POST("/v1/installations/{installation_id}/events", { params, ...sent })),
      );
    } catch (error) {
      // A refusal of them all will not become a yes: they must not stop those that follow.
      if (!(error instanceof Refused && error.status === 422)) throw error;
    }
  }

  private change(how: (waiting: Event[]) => Event[]): Promise<void> {
    return this.writing.run(async () => keep(this.storage, KEPT, how(await this.waiting())));
  }
}
