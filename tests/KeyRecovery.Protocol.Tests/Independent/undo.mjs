// §5, §6: what an undo obeys beside what every manifest does.
import { same, zeros } from './bytes.mjs';
import { changedEntries, entriesOf } from './manifest.mjs';
import { demand } from './refusal.mjs';

/** `place`: the newest link's sequence, and whether it begins an epoch. */
export function checkUndoPlace({ baseVersion, version }, { chainSeq, begins }) {
  if (baseVersion === 0) return;
  demand(chainSeq > 0 && begins && baseVersion < version, 'manifest-base');
}

/** A slot writes nothing, and leaves out only what one of both has not. */
export function checkSlotEntries(manifest, before, base) {
  demand(changedEntries(manifest, before, base).length === 0, 'forbidden');
  const stays = ({ id }) => entriesOf(id, before, base).length < 2 || entriesOf(id, manifest).length === 1;
  demand(before.item.every(stays), 'forbidden');
}

/** What the header of an item names that this manifest changes. */
export const previousOf = (id, before, base) => entriesOf(id, base, before)[0]?.hash ?? zeros(32);

/** The label key is the base's, where its `private` opens; else the label is anything. */
export const checkUndoLabel = ({ leafLabel }, expected) => demand(same(leafLabel, expected), 'leaf-label');
