// An account that grows link by link and manifest by manifest, by the rules, and is restored now and then.
import { accountId } from '../account-id.mjs';
import { compare, empty, hex, same, zeros } from '../bytes.mjs';
import { publicKey } from '../ed25519.mjs';
import { kemKey } from '../hpke-xwing.mjs';
import { readSignedLink, signLink } from '../link.mjs';
import { nextTrail, readManifest, writeManifest } from '../manifest.mjs';
import { sha256 } from '../primitives.mjs';
import { Refusal } from '../refusal.mjs';
import { emptyChain, extend, headOf } from '../sigchain.mjs';
import { encode } from '../structure.mjs';

export const appId = 'messenger.example';
const [device, code] = [1, 2];
const byId = (a, b) => compare(a.id, b.id);

// Making a key costs milliseconds, and no chain adds more.
const kemKeys = Array.from({ length: 32 }, (_, at) => kemKey(new Uint8Array(32).fill(at)));

export class Account {
  chain = emptyChain(appId);
  states = [];
  claims = [];
  #time = 5;
  #chance;
  #seeds = new Map();
  #kemKeys = new Map();

  constructor(chance) {
    this.#chance = chance;
    this.homeSeed = chance.bytes(32);
  }

  authority(kind) {
    const [id, seed] = [this.#chance.bytes(16), this.#chance.bytes(32)];
    const key = kemKeys[this.#seeds.size % kemKeys.length];
    this.#seeds.set(hex(id), seed);
    this.#kemKeys.set(hex(id), key);
    return { id, kind, signingKey: publicKey(seed), kemKeyHash: sha256(key), maxFormat: 1, parameters: empty };
  }

  /** Gives an authority the signing key of another one. */
  impersonate(authority, { id, signingKey }) {
    this.#seeds.set(hex(authority.id), this.seedOf(id));
    return { ...authority, signingKey };
  }

  /** Anybody's: those who do not exist sign with a key of their own. */
  seedOf(id) {
    return this.#seeds.get(hex(id)) ?? this.#chance.bytes(32);
  }

  sign(link, signerSeed = this.seedOf(link.signer), addedSeeds = link.add.map(({ id }) => this.seedOf(id))) {
    return signLink(encode('link', link), signerSeed, addedSeeds).bytes;
  }

  /** The members of a link that follows. */
  nextLink() {
    return this.chain.links.length === 0 ? this.#beginning() : this.#following();
  }

  #beginning() {
    const [first, prev] = [this.authority(device), this.#chance.bytes(32)];
    const add = [first, ...this.#chance.times(1, () => this.authority(code))].sort(byId);
    return this.#withKeyset({
      account: accountId(appId, first.signingKey, first.kemKeyHash, prev), seq: 0, prev, epoch: 1,
      epochCommit: this.#chance.bytes(32), previousEpoch: 0, previousEpochKey: empty, add, remove: [], time: 1,
      signer: first.id,
    }, add);
  }

  #following() {
    const { account, epoch, epochCommit, active } = this.chain;
    const { seq, hash } = headOf(this.chain);
    const everybody = [...active.values()];
    const signer = this.#chance.of(everybody).id;
    const add = this.#chance.times(2, () => this.authority(this.#chance.of([device, code]))).sort(byId);
    const others = everybody.map(({ id }) => id).filter((id) => !same(id, signer)).sort(compare);
    const remove = this.#chance.once(3) ? others.filter(() => this.#chance.once(2)) : [];
    const begins = remove.length > 0 || add.length === 0 || this.#chance.once(3);
    const stay = everybody.filter(({ id }) => !remove.some((gone) => same(gone, id)));
    return this.#withKeyset({
      account, seq: seq + 1, prev: hash, epoch: begins ? epoch + 1 : epoch,
      epochCommit: begins ? this.#chance.bytes(32) : epochCommit,
      previousEpoch: begins ? 1 + this.#chance.below(epoch) : 0,
      previousEpochKey: begins ? this.#chance.bytes(48) : empty, add, remove, time: 1, signer,
    }, begins ? [...stay, ...add] : add);
  }

  #withKeyset(link, members) {
    const entry = [...members].sort(byId)
      .map(({ id }) => ({ id, kemKey: this.#kemKeys.get(hex(id)), seal: this.#chance.bytes(1168) }));
    const keyset = encode('keyset', { account: link.account, epoch: link.epoch, entry });
    return { link: { ...link, keysetHash: sha256(keyset) }, keyset };
  }

  /** Takes a link that the rules allow; of those that chance makes some leave off what they may not. */
  grow() {
    for (;;) {
      const { link, keyset } = this.nextLink();
      const signed = readSignedLink(this.sign(link));
      try {
        this.chain = extend(this.chain, signed);
        return { keyset, begins: link.seq === 0 || link.previousEpoch > 0 };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }
  }

  /** The state that the home holds. */
  get #tip() {
    return this.states.at(-1);
  }

  /** Mostly later than before; seconds are coarse. */
  #now() {
    this.#time += this.#chance.below(3);
    return this.#time;
  }

  /** One commit more, mostly with a link. What the home has then goes to `states`. */
  commit() {
    const before = this.#tip;
    let [keysets, begins] = [before?.keysets ?? [], false];
    if (!before || !this.#chance.once(3)) {
      const grown = this.grow();
      begins = grown.begins;
      keysets = begins ? [grown.keyset] : [...keysets, grown.keyset];
    }
    const base = before && begins && this.#chance.once(2) ? this.#chance.of(before.line) : null;
    const fields = this.#manifestAfter(before?.manifest, base);
    const manifest = this.signManifest(fields);
    this.states.push({
      chain: this.chain, keysets, fields, manifest, line: [...before?.line ?? [], manifest], time: this.#now(),
      claims: this.claims,
    });
  }

  /** An earlier state comes back, or one that an earlier restore took away. There were two at least. */
  restore() {
    const state = this.#chance.of(this.states.slice(0, -1));
    const place = { chainSeq: headOf(state.chain).seq, manifestVersion: state.manifest.version };
    this.claims = [...this.claims, { ...place, time: this.#now() }];
    this.chain = state.chain;
    this.states.push({ ...state, claims: this.claims });
  }

  signManifest(fields) {
    return readManifest(writeManifest(fields, this.seedOf(fields.signer)).bytes);
  }

  /** With a base, an undo to it. */
  #manifestAfter(before, base) {
    const { account, epoch, path, active } = this.chain;
    const { seq: chainSeq, hash: chainHash } = headOf(this.chain);
    const version = (before?.version ?? 0) + 1;
    const kept = this.#entriesOf(before, base)
      .filter((known) => !this.#chance.once(5) && known.every((item) => path.includes(item.epoch)))
      .map((known) => this.#chance.once(3) ? {
        ...known[0], version: 1 + Math.max(...known.map((item) => item.version)), epoch, hash: this.#chance.bytes(32),
      } : this.#chance.of(known));
    const fresh = this.#chance.times(1, () =>
      ({ id: this.#chance.bytes(16), version: 1, epoch, size: 380, hash: this.#chance.bytes(32) }));
    return {
      account, version, prev: before?.hash ?? zeros(32),
      trail: before ? nextTrail(before.trail, before.hash) : zeros(32),
      baseVersion: base?.version ?? 0, baseHash: base?.hash ?? empty, chainSeq, chainHash, epoch,
      item: [...kept, ...fresh].sort(byId), leafLabel: this.#chance.bytes(32), private: this.#chance.bytes(296),
      signer: this.#chance.of([...active.values()]).id,
    };
  }

  /** For each item, what these manifests have of it. */
  #entriesOf(...manifests) {
    const all = manifests.flatMap((manifest) => manifest?.item ?? []);
    return all.filter(({ id }, at) => all.findIndex((other) => same(other.id, id)) === at)
      .map(({ id }) => all.filter((other) => same(other.id, id)));
  }
}
