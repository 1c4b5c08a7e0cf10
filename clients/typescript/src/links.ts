/** What opens the app: addresses, taps on alerts, and the place of a reader who just installed it. */
import type { Events } from "./events.js";
import { known, Refused, repeatable, type Api } from "./http.js";
import { keep, Queue, recall, type Platform, type PushData, type Storage } from "./platform.js";
import { screenOf, type AnyScreen, type RouteTable } from "./routes.js";

/** Where to go. `web` is an address that a browser should open, because it is no screen of the app. */
export type Place<S> = { screen: S } | { web: string };

/** The install referrer as the store gave it, or the token of a copied link. */
export type Claim = { install_referrer: string } | { token: string };

const TABLE = "tagwire.routes";
const CLAIM = "tagwire.claim";

export interface LinkOptions<S> {
  /** `screenOf` of the router that `tagwire links generate` wrote; without it the server's table decides. */
  screenOf?: (url: string) => S | null;
  platform?: "ios" | "android";
}

export class Links<S extends AnyScreen> {
  private table: RouteTable | null = null;
  private readonly claiming = new Queue();

  constructor(
    private readonly api: Api,
    private readonly events: Events,
    private readonly storage: Storage,
    private readonly platform: Platform,
    private readonly options: LinkOptions<S> = {},
  ) {}

  /** The place of an address, also of one that the reader has without a network. */
  async open(url: string): Promise<Place<S>> {
    const screen = this.options.screenOf ? this.options.screenOf(url) : screenOf(await this.routes(), url);
    if (screen === null) return { web: url };
    return screen.name === "short_link" ? this.resolved(url) : { screen: screen as S };
  }

  /** The place of a tap on an alert, which is counted as opened; null when the message says none. */
  async tapped(data: PushData): Promise<Place<S> | null> {
    if (typeof data["notification_id"] === "string") await this.events.record("opened", data["notification_id"]);
    return typeof data["url"] === "string" ? this.open(data["url"]) : null;
  }

  /**
   * The place for which somebody installed the app; null for none, and every time after the first.
   * Fails without a network: then ask again, and the answer is the same.
   */
  claim(claim: Claim): Promise<S | null> {
    return this.claiming.run(async () => {
      const before = await recall<{ key: string; isDone: boolean }>(this.storage, CLAIM);
      if (before?.isDone) return null;
      const key = before?.key ?? this.newKey();
      await keep(this.storage, CLAIM, { key, isDone: false });
      const screen = await this.claimed(claim, key);
      await keep(this.storage, CLAIM, { key, isDone: true });
      return screen;
    });
  }

  private async claimed(claim: Claim, key: string): Promise<S | null> {
    try {
      const found = await known(this.api.POST("/v1/deeplinks/claim", { body: { ...claim, key }, headers: repeatable }));
      return found.screen as S;
    } catch (error) {
      // No link, spent, too old, or nothing that the server could read.
      if (error instanceof Refused && [400, 404, 410, 422].includes(error.status)) return null;
      throw error;
    }
  }

  private async resolved(url: string): Promise<Place<S>> {
    const { platform } = this.options;
    const query = platform === undefined ? { url } : { url, platform };
    const found = await known(this.api.GET("/v1/deeplinks/resolve", { params: { query } }));
    return found.matched ? { screen: found.screen as S } : { web: url };
  }

  /** The newest table that can be had. */
  private async routes(): Promise<RouteTable> {
    if (this.table !== null) return this.table;
    try {
      this.table = await known(this.api.GET("/v1/deeplinks/routes"));
      await keep(this.storage, TABLE, this.table);
      return this.table;
    } catch (error) {
      const kept = await recall<RouteTable>(this.storage, TABLE);
      if (kept === null) throw error;
      return kept;
    }
  }

  private newKey(): string {
    return Array.from({ length: 4 }, () => this.platform.random().toString(36).slice(2, 12)).join("");
  }
}
