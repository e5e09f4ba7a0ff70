using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Restore;

/// <summary>
/// Turns a snapshot into the rows of a new key store: subject keys move to the ring's current KEK, secrets under
/// today's root key. Guess counters would come back with their guesses, so every share of a passphrase is left behind:
/// the slot is locked until it is set anew.
/// </summary>
/// <param name="keks">What the snapshot hangs on, the KEK that seals it first.</param>
/// <param name="ring">Today's ring.</param>
/// <param name="root">Today's root key.</param>
/// <param name="random">Draws nonces.</param>
public sealed class SnapshotImport(ImmutableArray<Kek> keks, IKekRing ring, IRootKey root, IRandom random)
{
    /// <summary>Accounts whose key was not among those that were escrowed: they are lost.</summary>
    public int Lost { get; private set; }

    /// <summary>Passphrase slots that are locked now.</summary>
    public int Locked { get; private set; }

    /// <summary>Key rows that came over.</summary>
    public int Accounts { get; private set; }

    /// <summary>Finds the KEK that a snapshot is sealed under, where the ring still has it.</summary>
    /// <param name="open">Opens the sealed key store from its beginning.</param>
    /// <param name="set">Which set it is of.</param>
    /// <param name="ring">Today's ring.</param>
    /// <returns>The KEKs of the ring, that one first; null where it is destroyed.</returns>
    public static ImmutableArray<Kek>? Find(Func<Stream> open, BackupSet set, IKekRing ring)
    {
        var keks = ring.Standings.Reverse().Select(kek => ring.TryGet(kek.Id, out var found) ? found : null)
            .OfType<Kek>().ToImmutableArray();
        foreach (var kek in keks)
        {
            using var stream = open();
            try
            {
                using var reader = new SealedReader(stream, kek.Key, set.Id);
                reader.Read();
                return [kek, .. keks.Remove(kek)];
            }
            catch (WireFormatException)
            {
                // Another one's.
            }
        }

        return null;
    }

    /// <summary>Reads the rows, in the order of the tables.</summary>
    /// <param name="from">The sealed key store.</param>
    /// <param name="set">Which set it is of.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="WireFormatException">It is damaged, cut short, or of another KEK. What was read until then
    /// counts for nothing.</exception>
    public async IAsyncEnumerable<Row> ReadAsync(
        Stream from, BackupSet set, [EnumeratorCancellation] CancellationToken ct)
    {
        using var reader = new SealedReader(from, keks[0].Key, set.Id);
        using var lease = ring.Wrap();
        var first = SnapshotRecord.Decode(reader.Read()) as SnapshotRecord.First;
        WireFormatException.Require(first is not null && first.PairId.Span.SequenceEqual(set.PairId.Span),
            "the key store is of the set's pair");
        for (var rows = 0UL; ;)
        {
            ct.ThrowIfCancellationRequested();
            switch (SnapshotRecord.Decode(reader.Read()))
            {
                case SnapshotRecord.Secret(var place, var value):
                    yield return new Row(
                        place, ServerSecrets.Wrap(place, value.Span, root), 1, (long)set.MadeAt / 3600);
                    break;
                case SnapshotRecord.Stored(var row):
                    rows++;
                    if (Import(row, lease.Kek) is { } imported) yield return imported;
                    break;
                case SnapshotRecord.Last(var count):
                    WireFormatException.Require(count == rows, "the snapshot has all its rows");
                    reader.End();
                    yield break;
                default:
                    throw new WireFormatException("a snapshot begins once");
            }

            if (rows % 1024 == 0) await Task.Yield();
        }
    }

    private Row? Import(Row row, Kek to)
    {
        if (row.Key.Table == Table.KeyRows) return ImportKey(row, to);
        if (row.Key.Table != Table.RealmSlots) return row;
        var slot = RealmSlotRow.Decode(row.Value);
        if (slot.SealedShare.IsEmpty) return row;
        Locked++;
        var locked = slot with {
            IsDestroyed = true, Kek = default, SealedShare = default,
        };
        return row with { Value = locked.Encode() };
    }

    private Row? ImportKey(Row row, Kek to)
    {
        var key = KeyRow.Decode(row.Value);
        if (key.WrappedSubjectKey.IsEmpty) return row;
        Span<byte> subject = stackalloc byte[KekBox.SecretSize];
        try
        {
            if (keks.FirstOrDefault(kek => kek.Id == key.Kek) is not { } from
                || !KekBox.TryUnwrap(from, row.Key, key.WrappedSubjectKey.Span, subject))
            {
                Lost++;
                return null;
            }

            Accounts++;
            return row with { Value =
                (key with { Kek = to.Id, WrappedSubjectKey = KekBox.Wrap(to, row.Key, subject, random) }).Encode() };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(subject);
        }
    }
}
