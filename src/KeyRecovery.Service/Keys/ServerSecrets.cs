using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Keys;

/// <summary>
/// The server's own keys: random bytes, drawn once, that lie in the key store wrapped by the root key. Derived from it,
/// they would change with it, and every lookup with them. The realm's seed and those of the log's checkpoints and of
/// webhooks have rows of their own: they came later, and a row that everything hangs on is not rewritten for them.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class ServerSecrets : IDisposable
{
    /// <summary>The length of each key in bytes: 32.</summary>
    public const int KeySize = 32;

    private const int Count = 3;

    private static readonly Kept Secrets =
        new("server-secrets"u8.ToArray(), "keyrecovery/server/v1/secrets"u8.ToArray(), Count * KeySize);
    private static readonly Kept Realm =
        new("realm-seed"u8.ToArray(), "keyrecovery/server/v1/realm-seed"u8.ToArray(), KeySize);

    private static readonly Kept[] LogSeeds = Series("checkpoint-seed");
    private static readonly Kept[] WebhookSeeds = Series("webhook-seed");

    // Every row that the root key wraps. A later one is added here, or a rotation of the root key refuses.
    private static readonly Kept[] All = [Secrets, Realm, .. LogSeeds, .. WebhookSeeds];

    private readonly byte[] _keys = GC.AllocateArray<byte>((Count + 1 + (2 * MaxKeys)) * KeySize, pinned: true);

    private ServerSecrets(
        SecretBytes keys, SecretBytes realmSeed, IReadOnlyList<SecretBytes> logSeeds,
        IReadOnlyList<SecretBytes> webhookSeeds)
    {
        keys.Span.CopyTo(_keys);
        realmSeed.Span.CopyTo(_keys.AsSpan(Count * KeySize));
        (LogKeyCount, WebhookKeyCount) = (logSeeds.Count, webhookSeeds.Count);
        for (var i = 0; i < logSeeds.Count; i++) logSeeds[i].Span.CopyTo(_keys.AsSpan((Count + 1 + i) * KeySize));
        for (var i = 0; i < webhookSeeds.Count; i++)
            webhookSeeds[i].Span.CopyTo(_keys.AsSpan((Count + 1 + MaxKeys + i) * KeySize));
    }

    /// <summary>The most keys that the log, and webhooks, have one after the other: 9.</summary>
    public const int MaxKeys = 9;

    /// <summary>Keys the hashes by which rows and lookups are found.</summary>
    public ReadOnlyMemory<byte> LookupKey => _keys.AsMemory(0, KeySize);

    /// <summary>Keys the hashes in the list of tombstones.</summary>
    public ReadOnlyMemory<byte> FenceKey => _keys.AsMemory(KeySize, KeySize);

    /// <summary>What the audit key is derived from, which signs receipts and backup sets.</summary>
    public ReadOnlyMemory<byte> AuditSeed => _keys.AsMemory(2 * KeySize, KeySize);

    /// <summary>What this server's keys as a realm are derived from. Clients pin their fingerprint.</summary>
    public ReadOnlyMemory<byte> RealmSeed => _keys.AsMemory(Count * KeySize, KeySize);

    /// <summary>How many keys the log has had so far, from 1; the newest signs its checkpoints.</summary>
    public int LogKeyCount { get; }

    /// <summary>How many keys webhooks have had so far, from 0; the newest signs.</summary>
    public int WebhookKeyCount { get; }

    /// <summary>Whether the key store has its secrets: if it does, so must the ring and the root key exist.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public static async Task<bool> ExistAsync(IKeyStore keys, CancellationToken ct) =>
        await keys.ReadAsync(Secrets.Place, ct).ConfigureAwait(false) is not null;

    /// <summary>
    /// Reads the secrets, or draws those that are not there; of several that start at once, all get the same.
    /// </summary>
    /// <param name="keys">The key store.</param>
    /// <param name="root">The root key.</param>
    /// <param name="random">Draws what is not there.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="logKeys">How many keys the log is to have had, 1 to <see cref="MaxKeys"/>; never fewer than it
    /// has.</param>
    /// <param name="webhookKeys">As that, of webhooks, from 0.</param>
    /// <exception cref="RootKeyMismatchException">They were wrapped by another root key.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public static async Task<ServerSecrets> LoadOrCreateAsync(
        IKeyStore keys, IRootKey root, IRandom random, CancellationToken ct, int logKeys = 1, int webhookKeys = 0)
    {
        using var secrets = await LoadOrCreateAsync(Secrets, keys, root, random, ct).ConfigureAwait(false);
        using var realmSeed = await LoadOrCreateAsync(Realm, keys, root, random, ct).ConfigureAwait(false);
        var (logSeeds, webhookSeeds) = (new List<SecretBytes>(), new List<SecretBytes>());
        try
        {
            await LoadOrCreateAsync(LogSeeds, logKeys, logSeeds, keys, root, random, ct).ConfigureAwait(false);
            await LoadOrCreateAsync(WebhookSeeds, webhookKeys, webhookSeeds, keys, root, random, ct)
                .ConfigureAwait(false);
            return new ServerSecrets(secrets, realmSeed, logSeeds, webhookSeeds);
        }
        finally
        {
            logSeeds.ForEach(seed => seed.Dispose());
            webhookSeeds.ForEach(seed => seed.Dispose());
        }
    }

    /// <summary>
    /// What a row of secrets is wrapped for; null for one that is not known. A rotation of the root key asks.
    /// </summary>
    internal static byte[]? PurposeOf(RowKey row) => All.FirstOrDefault(kept => kept.Place == row)?.Purpose;

    /// <summary>Whether the server that has these secrets signed something.</summary>
    /// <param name="isSignedBy">Tells it of the key that it is given.</param>
    public bool HaveSigned(Func<VerifyKey, bool> isSignedBy)
    {
        using var key = AuditKey();
        return isSignedBy(key.PublicKey);
    }

    /// <summary>
    /// As the other overload, of a secret that a backup carries; false as well where the audit key is not in it.
    /// </summary>
    internal static bool HaveSigned(RowKey place, ReadOnlySpan<byte> secret, Func<VerifyKey, bool> isSignedBy)
    {
        if (place != Secrets.Place || secret.Length != Secrets.Size) return false;
        using var key = AuditKey(secret[(2 * KeySize)..]);
        return isSignedBy(key.PublicKey);
    }

    /// <summary>What signs receipts and backup sets. The caller disposes it.</summary>
    internal SigningKey AuditKey() => AuditKey(AuditSeed.Span);

    /// <summary>What signs the log's checkpoints, and nothing else. The caller disposes it.</summary>
    /// <param name="overlaps">Whether the key before the newest still signs beside it.</param>
    internal LogKeys LogKeys(bool overlaps = false) => new(
        [.. Enumerable.Range(0, LogKeyCount).Select(i => SigningKey.FromSeed(LogSeed(i).Span))], overlaps);

    /// <summary>What signs what is sent to webhooks, and nothing else. The caller disposes it.</summary>
    /// <param name="overlaps">Whether the key before the newest is still told beside it.</param>
    internal WebhookKeys WebhookKeys(bool overlaps) => new(
        [.. Enumerable.Range(0, WebhookKeyCount).Reverse().Take(overlaps ? 2 : 1)
            .Select(i => WebhookKey.OfSeed(WebhookSeed(i).Span))]);

    private ReadOnlyMemory<byte> WebhookSeed(int number) =>
        _keys.AsMemory((Count + 1 + MaxKeys + number) * KeySize, KeySize);

    private ReadOnlyMemory<byte> LogSeed(int number) => _keys.AsMemory((Count + 1 + number) * KeySize, KeySize);

    private static SigningKey AuditKey(ReadOnlySpan<byte> auditSeed)
    {
        using var seed = Kdf.Derive(
            auditSeed, Encoding.ASCII.GetBytes(Labels.ErasureReceipt), SigningKey.SeedSize);
        return SigningKey.FromSeed(seed.Span);
    }

    /// <summary>Every secret as a backup carries it: unwrapped, with the place of its row.</summary>
    internal IReadOnlyList<(RowKey Place, ReadOnlyMemory<byte> Secret)> Export() =>
    [
        (Secrets.Place, _keys.AsMemory(0, Secrets.Size)), (Realm.Place, RealmSeed),
        .. LogSeeds.Take(LogKeyCount).Select((kept, i) => (kept.Place, LogSeed(i))),
        .. WebhookSeeds.Take(WebhookKeyCount).Select((kept, i) => (kept.Place, WebhookSeed(i))),
    ];

    /// <summary>Wraps a secret that a backup carried for its row.</summary>
    /// <exception cref="WireFormatException">This program knows no such secret.</exception>
    internal static byte[] Wrap(RowKey place, ReadOnlySpan<byte> secret, IRootKey root)
    {
        var size = secret.Length;
        var kept = All.FirstOrDefault(kept => kept.Place == place && kept.Size == size);
        WireFormatException.Require(
            kept is not null, "the snapshot's secrets are known to this version of KeyRecovery");
        return root.Wrap(kept.Purpose, secret);
    }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_keys);

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => "[redacted]";

    // Keys that came one after the other, the oldest first: each rotation draws the next.
    private static Kept[] Series(string name) =>
    [
        .. Enumerable.Range(1, MaxKeys).Select(number => number == 1 ? name : $"{name}-{number}")
            .Select(one => new Kept(
                Encoding.ASCII.GetBytes(one), Encoding.ASCII.GetBytes($"keyrecovery/server/v1/{one}"), KeySize)),
    ];

    // Those that were drawn once stay, whatever is configured today: what they have signed must verify.
    private static async Task LoadOrCreateAsync(
        Kept[] series, int wanted, List<SecretBytes> seeds, IKeyStore keys, IRootKey root, IRandom random,
        CancellationToken ct)
    {
        foreach (var kept in series)
        {
            if (seeds.Count >= wanted && await keys.ReadAsync(kept.Place, ct).ConfigureAwait(false) is null) break;
            seeds.Add(await LoadOrCreateAsync(kept, keys, root, random, ct).ConfigureAwait(false));
        }
    }

    private static async Task<SecretBytes> LoadOrCreateAsync(
        Kept kept, IKeyStore keys, IRootKey root, IRandom random, CancellationToken ct)
    {
        var row = await keys.ReadAsync(kept.Place, ct).ConfigureAwait(false);
        if (row is null)
        {
            var result = await keys.WriteAsync([new RowWrite.Create(kept.Place, Draw(kept, root, random))], ct)
                .ConfigureAwait(false);
            if (result is WriteResult.Unavailable unavailable)
                throw new StoreUnavailableException(unavailable.Reason, "the server's secrets cannot be stored");
            // Refused: another instance was faster. Either way what counts is what is there.
            row = await keys.ReadAsync(kept.Place, ct).ConfigureAwait(false) ?? throw Throw.RootKeyMismatch();
        }

        return Open(kept, root, row);
    }

    private static byte[] Draw(Kept kept, IRootKey root, IRandom random)
    {
        using var fresh = SecretBytes.Random(kept.Size, random);
        return root.Wrap(kept.Purpose, fresh.Span);
    }

    private static SecretBytes Open(Kept kept, IRootKey root, Row row)
    {
        if (!root.TryUnwrap(kept.Purpose, row.Value.Span, out var secret)) throw Throw.RootKeyMismatch();
        if (secret.Length == kept.Size) return secret;
        secret.Dispose();
        throw Throw.RootKeyMismatch();
    }

    // A row of secrets: where it is, what it is wrapped for, and its length in bytes.
    private sealed record Kept(byte[] Id, byte[] Purpose, int Size)
    {
        public RowKey Place { get; } = new(Table.Secrets, Id);
    }
}
