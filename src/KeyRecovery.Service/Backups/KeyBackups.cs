using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Backups;

/// <summary>
/// What a backup set needs of the keys: a sealed snapshot of the key store, its escrow, and a signature
/// (docs/protocol.md §16).
/// </summary>
public sealed class KeyBackups
{
    private readonly ServiceContext _context;
    private readonly IKekRing _ring;
    private readonly KekRotation _rotation;
    private readonly ServerSecrets _secrets;
    private readonly IBackupSets _sets;

    internal KeyBackups(
        ServiceContext context, IKekRing ring, KekRotation rotation, ServerSecrets secrets, IBackupSets sets) =>
        (_context, _ring, _rotation, _secrets, _sets) = (context, ring, rotation, secrets, sets);

    /// <summary>Seals the key store.</summary>
    /// <param name="set">The set.</param>
    /// <param name="pairId">The id that both stores carry.</param>
    /// <param name="madeAt">When the set was begun, in seconds since 1970.</param>
    /// <param name="expiresAt">When it ends.</param>
    /// <param name="offline">The operator's offline key.</param>
    /// <param name="to">Where the sealed rows go.</param>
    /// <param name="told">Hears how many rows there are so far.</param>
    /// <param name="ct">Cancels; what was written then is of no use to anybody.</param>
    /// <exception cref="StoreUnavailableException">The key store, or the list of sets, cannot answer.</exception>
    /// <exception cref="IOException">The copy cannot be written.</exception>
    public async Task<KeyBackup> WriteKeysAsync(
        BackupSetId set, ReadOnlyMemory<byte> pairId, ulong madeAt, ulong expiresAt, KemPublicKey offline, Stream to,
        Action<ulong> told, CancellationToken ct)
    {
        // No KEK comes or goes meanwhile on this instance. So the escrow has what the rows hang on, and nothing that an
        // erasure saw destroyed.
        using var still = await _rotation.HoldAsync(ct);
        await _ring.RefreshAsync(ct);
        var current = _ring.Current;
        var others = _ring.Standings.Where(kek => kek.State == KekState.Retiring)
            .Select(kek => _ring.TryGet(kek.Id, out var found) ? found : null).OfType<Kek>();
        Kek[] keks = [current, .. others];
        var lowest = keks.Min(kek => kek.Id.Value);
        // Before anything is written: a set that nobody knows of would outlive the receipts that say there is none.
        await _sets.AddAsync(set, new KekId(lowest), DateTimeOffset.FromUnixTimeSeconds((long)expiresAt), ct);
        // Claim, then look: another instance may have destroyed one of them before it could see the set on the list.
        await _ring.RefreshAsync(ct);
        if (_ring.StateOf(new KekId(lowest)) is KekState.Destroyed) throw Rotated();
        using var writer = new SealedWriter(to, current.Key, set, _context.Random);
        var rows = await KeySnapshot.WriteAsync(
            _context.Keys, _context.Tables, _secrets, pairId, madeAt, writer, told, ct);
        // Rows that another instance has moved meanwhile hang on a KEK that the escrow has not.
        await _ring.RefreshAsync(ct);
        if (_ring.Current.Id != current.Id) throw Rotated();
        return new KeyBackup(
            lowest, rows, offline.Hash, Escrow.Seal(set, madeAt, expiresAt, offline, keks, _context.Random));
    }

    private static StoreUnavailableException Rotated() =>
        new(StoreFault.Busy, "the keys were rotated while the set was made: make another one");

    /// <summary>Signs what a set is.</summary>
    public byte[] Sign(BackupSet set)
    {
        using var key = _secrets.AuditKey();
        return set.Sign(key);
    }
}
