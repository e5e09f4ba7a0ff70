using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Backups;

/// <summary>
/// Reads a sealed key store whole and unwraps every subject key of it, to see that it would restore. Writes nothing.
/// </summary>
/// <param name="keks">What it hangs on, the KEK that seals it first.</param>
public sealed class SnapshotCheck(ImmutableArray<Kek> keks)
{
    /// <summary>Accounts whose key opens.</summary>
    public int Accounts { get; private set; }

    /// <summary>Accounts whose key was not among those that were escrowed.</summary>
    public int Lost { get; private set; }

    /// <summary>Accounts that were erased before the set was made.</summary>
    public int Erased { get; private set; }

    /// <summary>Passphrase slots that a restore would lock.</summary>
    public int Passphrases { get; private set; }

    /// <summary>Whether the server whose secrets it holds has signed the set.</summary>
    public bool IsSigned { get; private set; }

    /// <summary>Reads it.</summary>
    /// <exception cref="WireFormatException">It is damaged, cut short, or of another KEK.</exception>
    public void Read(Stream from, BackupSet set, Func<VerifyKey, bool> isSignedBy)
    {
        using var reader = new SealedReader(from, keks[0].Key, set.Id);
        WireFormatException.Require(
            SnapshotRecord.Decode(reader.Read()) is SnapshotRecord.First first
                && first.PairId.Span.SequenceEqual(set.PairId.Span), "the key store is of the set's pair");
        for (var rows = 0UL; ;)
        {
            switch (SnapshotRecord.Decode(reader.Read()))
            {
                case SnapshotRecord.Secret(var place, var value):
                    IsSigned |= ServerSecrets.HaveSigned(place, value.Span, isSignedBy);
                    break;
                case SnapshotRecord.Stored(var row):
                    rows++;
                    Look(row);
                    break;
                case SnapshotRecord.Last(var count):
                    WireFormatException.Require(count == rows, "the snapshot has all its rows");
                    reader.End();
                    return;
                default:
                    throw new WireFormatException("a snapshot begins once");
            }
        }
    }

    private void Look(Row row)
    {
        if (row.Key.Table == Table.RealmSlots)
            Passphrases += RealmSlotRow.Decode(row.Value).SealedShare.IsEmpty ? 0 : 1;
        if (row.Key.Table != Table.KeyRows) return;
        var key = KeyRow.Decode(row.Value);
        Span<byte> subject = stackalloc byte[KekBox.SecretSize];
        if (key.State == KeyRowState.Erased) Erased++;
        else if (keks.FirstOrDefault(kek => kek.Id == key.Kek) is { } from
            && KekBox.TryUnwrap(from, row.Key, key.WrappedSubjectKey.Span, subject)) Accounts++;
        else Lost++;
        CryptographicOperations.ZeroMemory(subject);
    }
}
