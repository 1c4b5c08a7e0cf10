/** This copy of the app at the server: registered once, renewed when forgotten; what it follows. */
import { known, Refused, repeatable, type Api } from "./http.js";
import type { HomeArticle, List } from "./lists.js";
import { keep, Queue, recall, type PushData, type Storage } from "./platform.js";
import type { components } from "./schema.js";

type Schemas = components["schemas"];
export type Draft = Schemas["InstallationDraft"];
export type Address = Schemas["Address"];
export type Preferences = Schemas["Preferences"];
export type PreferencesChange = Schemas["PreferencesChange"];

interface Registered {
  id: string;
  secret: string;
}

/** What names this installation in the address of a call. */
interface Own {
  path: { installation_id: string };
}

/** What is told again when the server has forgotten this installation. */
interface Remembered {
  draft: Draft;
  topics: string[];
  preferences: PreferencesChange;
}

const SECRET = "tagwire.secret";
const REMEMBERED = "tagwire.installation";

export class Installation {
  private registered: Registered | null = null;
  private isRead = false;
  private readonly registering = new Queue();
  private readonly writing = new Queue();
  /** An answer that left before a topic was followed must not come after it: the app would show the older list. */
  private readonly following = new Queue();

  constructor(
    private readonly api: Api,
    private readonly storage: Storage,
    /** Where the system keeps secrets. */
    private readonly secrets: Storage,
  ) {}

  /** To show in the settings, so that a reader who writes a letter can name it; null before `start`. */
  get id(): string | null {
    return this.registered?.id ?? null;
  }

  get secret(): string | null {
    return this.registered?.secret ?? null;
  }

  /** At every start: registers the first time; afterwards tells what is new, such as another address. */
  async start(draft: Draft): Promise<void> {
    const before = await this.registering.run(() => this.registeredAs(draft));
    if (before === null) return;
    const { platform: _, claim: __, ...fields } = draft;
    const told: Record<string, unknown> = before.draft;
    const isNew = Object.entries(lasting(fields)).some(([name, value]) => !isSame(told[name], value));
    if (isNew) await this.update(fields);
  }

  /** The address that Firebase gave, at the start and whenever it changes. */
  address(address: Address): Promise<void> {
    return this.update({ address });
  }

  async update(fields: Schemas["InstallationFields"]): Promise<void> {
    await this.own((params) => known(this.api.PATCH("/v1/installations/{installation_id}", { params, body: fields })));
    const { unread: _, ...told } = fields;
    await this.remember((it) => ({ ...it, draft: { ...it.draft, ...lasting(told) } }));
  }

  /** True for the message that proves that this phone has its address: that one is not to be shown. */
  async confirmAddress(data: PushData): Promise<boolean> {
    const nonce = data["type"] === "address_nonce" ? data["nonce"] : null;
    if (typeof nonce !== "string") return false;
    const sent = { body: { nonce }, headers: repeatable };
    await this.own((params) =>
      known(this.api.POST("/v1/installations/{installation_id}/address/confirm", { params, ...sent })),
    );
    return true;
  }

  follow(topic: string): Promise<void> {
    return this.following.run(async () => {
      await this.own(({ path }) =>
        known(this.api.PUT("/v1/installations/{installation_id}/topics/{topic}", { params: { path: { ...path, topic } } })),
      );
      await this.remember((it) => ({ ...it, topics: [...it.topics.filter((each) => each !== topic), topic] }));
    });
  }

  unfollow(topic: string): Promise<void> {
    return this.following.run(async () => {
      await this.own(({ path }) =>
        known(this.api.DELETE("/v1/installations/{installation_id}/topics/{topic}", { params: { path: { ...path, topic } } })),
      );
      await this.remember((it) => ({ ...it, topics: it.topics.filter((each) => each !== topic) }));
    });
  }

  topics(): Promise<string[]> {
    return this.following.run(async () => {
      const { topics } = await this.own((params) =>
        known(this.api.GET("/v1/installations/{installation_id}/topics", { params })),
      );
      await this.remember((it) => ({ ...it, topics })); // merged tags have other names now
      return topics;
    });
  }

  preferences(): Promise<Preferences> {
    return this.own((params) => known(this.api.GET("/v1/installations/{installation_id}/preferences", { params })));
  }

  async prefer(change: PreferencesChange): Promise<Preferences> {
    const preferences = await this.own((params) =>
      known(this.api.PATCH("/v1/installations/{installation_id}/preferences", { params, body: change })),
    );
    await this.remember((it) => ({ ...it, preferences: { ...it.preferences, ...change } }));
    return preferences;
  }

  async inbox(limit = 20): Promise<Schemas["InboxEntry"][]> {
    const { notifications } = await this.own((params) =>
      known(this.api.GET("/v1/installations/{installation_id}/notifications", { params: { ...params, query: { limit } } })),
    );
    return notifications;
  }

  /** What every followed topic lists. */
  home(): List<HomeArticle> {
    return {
      name: "home",
      page: (query) => this.own(() => known(this.api.GET("/v1/feed", { params: { query } }))),
      changes: (query) => this.own(() => known(this.api.GET("/v1/feed/changes", { params: { query } }))),
    };
  }

  /** The reader's data at the server, and here. */
  async erase(): Promise<void> {
    await this.own((params) => known(this.api.DELETE("/v1/installations/{installation_id}", { params })));
    this.registered = null;
    await this.secrets.removeItem(SECRET);
    await this.storage.removeItem(REMEMBERED);
  }

  /** A call as this installation. 401 means that the server has forgotten it: once registered anew. */
  async own<T>(call: (params: Own) => Promise<T>): Promise<T> {
    await this.restore();
    const { registered } = this;
    if (registered === null) throw new Error("call start() first");
    try {
      return await call(paramsOf(registered));
    } catch (error) {
      if (!(error instanceof Refused && error.status === 401)) throw error;
      return call(paramsOf(await this.registering.run(() => this.renewed(registered))));
    }
  }

  /** What was told before; null where this is the first time. */
  private async registeredAs(draft: Draft): Promise<Remembered | null> {
    await this.restore();
    const remembered = await recall<Remembered>(this.storage, REMEMBERED);
    if (remembered !== null) {
      if (this.registered === null) await this.again(remembered); // the secret was lost
      return remembered;
    }
    // A secret that outlived the app proves that the address is this phone's.
    await this.register({ ...draft, previous_secret: this.secret ?? draft.previous_secret ?? null });
    await keep(this.storage, REMEMBERED, { draft: lasting(draft), topics: [], preferences: {} });
    return null;
  }

  private async register(body: Draft): Promise<Registered> {
    const { id, secret } = await known(this.api.POST("/v1/installations", { body }));
    this.registered = { id, secret };
    await keep(this.secrets, SECRET, this.registered);
    return this.registered;
  }

  private async renewed(refused: Registered): Promise<Registered> {
    if (this.registered !== null && this.registered.id !== refused.id) return this.registered; // meanwhile
    const remembered = await recall<Remembered>(this.storage, REMEMBERED);
    if (remembered === null) throw new Error("call start() first");
    return this.again(remembered);
  }

  /** Registered anew, with everything that was told before. */
  private async again({ draft, topics, preferences }: Remembered): Promise<Registered> {
    const anew = await this.register(draft);
    const params = paramsOf(anew);
    await known(this.api.PUT("/v1/installations/{installation_id}/topics", { params, body: { topics } }));
    if (Object.keys(preferences).length > 0) {
      await known(this.api.PATCH("/v1/installations/{installation_id}/preferences", { params, body: preferences }));
    }
    return anew;
  }

  private async restore(): Promise<void> {
    if (!this.isRead) this.registered ??= await recall<Registered>(this.secrets, SECRET);
    this.isRead = true;
  }

  private remember(change: (it: Remembered) => Remembered): Promise<void> {
    return this.writing.run(async () => {
      const it = await recall<Remembered>(this.storage, REMEMBERED);
      if (it !== null) await keep(this.storage, REMEMBERED, change(it));
    });
  }
}

/** Without what is told once, and has no business in a storage that is not for secrets. */
function lasting<F extends { claim?: unknown; previous_secret?: unknown }>(fields: F): Omit<F, "claim" | "previous_secret"> {
  const { claim: _, previous_secret: __, ...rest } = fields;
  return rest;
}

function paramsOf({ id }: Registered): Own {
  return { path: { installation_id: id } };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
