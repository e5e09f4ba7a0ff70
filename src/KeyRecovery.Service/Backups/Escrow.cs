using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Backups;

/// <summary>
/// The KEKs of a backup set, sealed to the operator's offline key (docs/protocol.md §16.3). It lies apart from the set:
/// where it is gone, and the KEKs are destroyed, nobody opens the set's keys any more, with the offline key neither.
/// </summary>
public sealed class Escrow
{
    /// <summary>The longest escrow in bytes: 64 KiB.</summary>
    public const int MaxSize = 64 * 1024;

    private const int MaxHeader = 256;
    private const int MaxKeks = 256;

    private readonly ReadOnlyMemory<byte> _header;
    private readonly ReadOnlyMemory<byte> _sealed;

    private Escrow(ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> sealedKeks) =>
        (_header, _sealed) = (header, sealedKeks);

    /// <summary>The set.</summary>
    public BackupSetId Set { get; private init; }

    /// <summary>When it ends, in seconds since 1970.</summary>
    public ulong ExpiresAt { get; private init; }

    /// <summary>SHA-256 of the offline key.</summary>
    public Hash256 Recipient { get; private init; }

    /// <summary>Seals KEKs, the one of the sealed key store first.</summary>
    public static byte[] Seal(
        BackupSetId set, ulong madeAt, ulong expiresAt, KemPublicKey offline, IReadOnlyList<Kek> keks, IRandom random)
    {
        var header = new CborOut().Array(6).Text(Labels.BackupEscrow).UInt(1).Bytes(set.ToArray()).UInt(madeAt)
            .UInt(expiresAt).Bytes(offline.Hash).ToArray();
        var writer = new CborOut().Array(keks.Count);
        foreach (var kek in keks) writer.Array(2).UInt(kek.Id.Value).Bytes(kek.Key.Span);
        var plaintext = writer.ToArray();
        Span<byte> seed = stackalloc byte[Hpke.EncapsulationSeedSize];
        random.Fill(seed);
        try
        {
            return new CborOut().Array(2).Bytes(header)
                .Bytes(Hpke.Seal(offline, header, [], plaintext, seed)).ToArray();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <summary>Reads an escrow; opens nothing.</summary>
    /// <exception cref="WireFormatException">Not an escrow.</exception>
    public static Escrow Decode(ReadOnlyMemory<byte> bytes)
    {
        var outer = new CborIn(bytes);
        outer.Array(2);
        var (header, sealedKeks) = (outer.BytesView(1, MaxHeader), outer.BytesView(Hpke.Overhead, MaxSize));
        outer.End();
        var reader = new CborIn(header);
        reader.OwnStructure(Labels.BackupEscrow, 6);
        var set = new BackupSetId(reader.BytesView(BackupSetId.Size, BackupSetId.Size).Span);
        reader.UInt();
        var escrow = new Escrow(header, sealedKeks) { Set = set, ExpiresAt = reader.UInt(), Recipient = reader.Hash() };
        reader.End();
        return escrow;
    }

    /// <summary>Opens it with the offline key; null where it was not sealed to that key.</summary>
    /// <returns>The KEKs, the one of the sealed key store first; the caller disposes them.</returns>
    public ImmutableArray<Kek>? TryOpen(KemPrivateKey offline)
    {
        var opened = new byte[_sealed.Length - Hpke.Overhead];
        try
        {
            if (!Hpke.TryOpen(offline, _header.Span, [], _sealed.Span, opened)) return null;
            var reader = new CborIn(opened);
            var keks = ImmutableArray.CreateBuilder<Kek>();
            for (var left = reader.Array(1, MaxKeks); left > 0; left--)
            {
                reader.Array(2);
                keks.Add(
                    new Kek(new KekId((uint)reader.UInt(uint.MaxValue)), KekState.Retiring,
                        SecretBytes.Copy(reader.BytesView(Kek.Size, Kek.Size).Span)));
            }

            reader.End();
            return keks.ToImmutable();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(opened);
        }
    }
}
