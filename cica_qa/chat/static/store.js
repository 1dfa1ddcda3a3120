// Conversations, kept in this browser and nowhere else: in IndexedDB, or for as long as the page
// is open where the browser forbids that.

const turnsOf = (id) => IDBKeyRange.bound([id, 0], [id, Infinity]);

const memory = { conversations: new Map(), turns: new Map() };
let database = null;

/** Opens the store; without one, all is kept in memory. */
async function openStore() {
  database = await new Promise((done) => {
    let asked;
    try { asked = indexedDB.open("cica-qa", 1); } catch { return done(null); }
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("conversations", { keyPath: "id" });
      asked.result.createObjectStore("turns", { keyPath: ["conversation", "at"] });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = asked.onblocked = () => done(null);
  });
  if (database) database.onversionchange = () => database.close();
}

/** Runs `work` on an object store and returns what its request comes to. */
function inStore(name, mode, work) {
  return new Promise((done, failed) => {
    const change = database.transaction(name, mode);
    const asked = work(change.objectStore(name));
    change.oncomplete = () => done(asked?.result);
    change.onerror = change.onabort = () => failed(change.error);
  });
}

const store = {
  async conversations() {
    const all = database
      ? await inStore("conversations", "readonly", (s) => s.getAll())
      : [...memory.conversations.values()];
    return all.sort((a, b) => b.used - a.used);
  },

  async turns(id) {
    if (database) return inStore("turns", "readonly", (s) => s.getAll(turnsOf(id)));
    const own = [...memory.turns.values()].filter((turn) => turn.conversation === id);
    return own.sort((a, b) => a.at - b.at);
  },

  async conversation(id) {
    if (database) return inStore("conversations", "readonly", (s) => s.get(id));
    return memory.conversations.get(id);
  },

  keepConversation(one) {
    return keep("conversations", memory.conversations, one.id, one);
  },

  keepTurn(turn) {
    const { element, abort, ...kept } = turn; // what only this page has
    return keep("turns", memory.turns, `${turn.conversation}/${turn.at}`, kept);
  },

  /** Forgets the turns of a conversation from a number on. */
  async forgetTurns(id, from = 0) {
    for (const [key, turn] of memory.turns) {
      if (turn.conversation === id && turn.at >= from) memory.turns.delete(key);
    }
    if (database) {
      const range = IDBKeyRange.bound([id, from], [id, Infinity]);
      await inStore("turns", "readwrite", (s) => s.delete(range)).catch(() => null);
    }
  },

  async forgetConversation(id) {
    await store.forgetTurns(id);
    memory.conversations.delete(id);
    if (database) {
      await inStore("conversations", "readwrite", (s) => s.delete(id)).catch(() => null);
    }
  },
};

/** Keeps a record; what the disk has no room for is kept in memory. */
async function keep(name, inMemory, key, record) {
  if (database) {
    try { return await inStore(name, "readwrite", (s) => s.put(record)); } catch { /* no room */ }
  }
  inMemory.set(key, record);
}
