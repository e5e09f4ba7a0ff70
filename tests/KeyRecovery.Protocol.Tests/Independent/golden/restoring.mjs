// §5, §7: undos, restore points and the items that are read anew for them.
import { readItemBatch, readItemBatchRequest, writeItemBatch, writeItemBatchRequest } from '../item-batch.mjs';
import { entriesOf, leafLabel, readManifest } from '../manifest.mjs';
import { checkRestorePoint, openRestorePoint, readRestorePoint, writeRestorePoint } from '../restore-point.mjs';
import { checkSlotEntries, checkUndoLabel, checkUndoPlace, previousOf } from '../undo.mjs';
import { readVault, verifyVault } from '../vault.mjs';
import { manifests } from './chain.mjs';
import { demandTold } from './told.mjs';

export const undos = {
  texts: ['by'],
  write({ baseLabelKey, changed, ...fields }) {
    const label = leafLabel(baseLabelKey, fields.account, fields.version);
    const [before, base] = [fields.before, fields.base].map(readManifest);
    return {
      ...manifests.write({ ...fields, leafLabel: label }), leafLabel: label,
      headers: changed.map((id) => ({
        id, version: entriesOf(id, { item: fields.items })[0].version, previous: previousOf(id, before, base),
      })),
    };
  },
  read(told) {
    const [manifest, before, base] = [told.signedManifest, told.before, told.base].map(readManifest);
    checkUndoPlace(manifest, { chainSeq: told.chainSeq, begins: told.keysets === 1 });
    manifests.read(told);
    if (told.by === 'slot') checkSlotEntries(manifest, before, base);
    checkUndoLabel(manifest, leafLabel(told.baseLabelKey, manifest.account, manifest.version));
    for (const { id, previous } of told.headers ?? [])
      demandTold({ previous }, { previous: previousOf(id, before, base) }, 'differs');
  },
};

export const restorePoints = {
  write: ({ signedManifest, seal, signedHead, named }) =>
    ({ restorePoint: writeRestorePoint({ signedManifest, seal, signedHead, named }) }),
  read(told) {
    const point = readRestorePoint(told.restorePoint);
    const served = verifyVault(readVault(told.vault), told);
    const chain = checkRestorePoint(point, served, told.hashes, told.homeKeys, told.gaps ?? []);
    openRestorePoint(point, chain, told.ownId, told.ownKemSeed);
    const { manifest, seal, head, named } = point;
    const signedHead = head?.bytes ?? new Uint8Array(0);
    demandTold(told, { signedManifest: manifest.bytes, seal, signedHead, named }, 'differs');
  },
};

export const itemBatches = {
  write: ({ hashes, items }) => ({ request: writeItemBatchRequest(hashes), answer: writeItemBatch(items) }),
  read(told) {
    const hashes = readItemBatchRequest(told.request);
    demandTold(told, { hashes, items: readItemBatch(told.answer, hashes) }, 'differs');
  },
};
