using System.Collections.Immutable;
using System.Text.Json.Serialization;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Http;

/// <summary>An authority's age, as the server tells it.</summary>
internal sealed record TrustedFromJson(string Id, ulong At);

/// <summary>Where an account stands (docs/protocol.md §9.2).</summary>
internal sealed record HeadsJson(
    string AccountId, ulong ChainSeq, string ChainHash, ulong ManifestVersion, string ManifestHash, string Head,
    TrustedFromJson[] TrustedFrom, string[]? Restored = null)
{
    /// <summary>The claims of restores, signed, as far as they read.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> ReadRestored() => ProblemJson.ReadClaims(Restored);

    /// <summary>The signed head's bytes; empty where they do not read.</summary>
    public ReadOnlyMemory<byte> ReadHead() =>
        Base64UrlText.TryDecodeUpTo(Head, SignedHead.MaxSize, out var bytes) ? bytes : [];

    /// <summary>The ages, as far as they read.</summary>
    public ImmutableSortedDictionary<AuthorityId, ulong> ReadTrustedFrom()
    {
        var trusted = ImmutableSortedDictionary.CreateBuilder<AuthorityId, ulong>();
        foreach (var entry in TrustedFrom)
            if (AuthorityId.TryParse(entry.Id, out var id)) trusted[id] = entry.At;
        return trusted.ToImmutable();
    }

    /// <summary>The vault after a commit that was made on a known one, as the server would tell it.</summary>
    public VaultBundle Tell(VerifiedVault known, CommitBundle commit)
    {
        ImmutableArray<ReadOnlyMemory<byte>> links = commit.Link is { } link ? [link.Bytes] : [];
        IEnumerable<Keyset> before = commit.Link is { Link.BeginsEpoch: true } ? [] : known.Keyset.Parts;
        IEnumerable<Keyset> keysets = commit.Keyset is { } brought ? before.Append(brought) : before;
        return new VaultBundle(
            known.Account, known.Chain.Head.Link.Sequence + 1, links, [.. keysets.Select(k => k.Bytes)],
            commit.Manifest.Bytes, ReadHead(), [known.Manifest.Hash], ReadTrustedFrom())
        {
            Restored = ReadRestored(),
        };
    }
}

/// <summary>What an app allows.</summary>
internal sealed record ConfigPolicyJson(long ItemBytes);

/// <summary>What a server tells of itself and an app.</summary>
internal sealed record ConfigJson(ConfigPolicyJson? Policy = null);

/// <summary>The server's audit key, and its log's.</summary>
internal sealed record AuditKeyJson(string Key, string? Log = null);

/// <summary>One change of an account (docs/protocol.md §17.1).</summary>
internal sealed record ActivityEntryJson(
    ulong Number, string Detail, string Salt, ulong? Index = null, string[]? Proof = null);

/// <summary>What was done to an account.</summary>
internal sealed record ActivityJson(
    string[] Consistency, ActivityEntryJson[] Entries, ulong ServerTime, string? Checkpoint = null);

/// <summary>The answer to a repair.</summary>
internal sealed record RepairJson(HeadsJson Heads, string[] Missing);

/// <summary>One older version of an item; who wrote it, where that is known.</summary>
internal sealed record VersionJson(
    ulong Version, ulong Epoch, long Size, string Hash, ulong ReplacedAt, string? Writer = null, bool Young = false);

/// <summary>The older versions of an item.</summary>
internal sealed record VersionsJson(VersionJson[] Versions);

/// <summary>An item as it is now, and who wrote it, where that is known.</summary>
internal sealed record ItemJson(string Id, string Hash, string? Writer = null, bool Young = false);

/// <summary>The items of an account.</summary>
internal sealed record ItemsJson(ItemJson[] Items);

/// <summary>One restore point.</summary>
internal sealed record RestorePointJson(
    ulong ManifestVersion, string ManifestHash, ulong ChainSeq, ulong Epoch, ulong At, string Reason, int Named,
    string? Authority = null, ulong? Until = null);

/// <summary>The restore points of an account.</summary>
internal sealed record RestorePointsJson(RestorePointJson[] Points);

/// <summary>An RFC 9457 problem.</summary>
internal sealed record ProblemJson(
    string? Type = null, string? Title = null, int? Status = null, string? Field = null, string? Rule = null,
    long? ServerTime = null, long? RetryAfterMs = null, ulong? TrustedFrom = null, int? GuessesLeft = null,
    long? Limit = null, long? Used = null, long? NextAttemptInMs = null, string? Receipt = null,
    string[]? Restored = null, string? Head = null, HeadsJson? Heads = null, string[]? ActiveAtMinChain = null)
{
    /// <summary>Who may go the way back, as far as they read.</summary>
    public ImmutableArray<AuthorityId> ReadActiveAtMinChain() =>
    [
        .. (ActiveAtMinChain ?? []).Take(Limits.Authorities)
            .Select(text => AuthorityId.TryParse(text, out var id) ? id : default).Where(id => id != default)
            .Distinct().Order(),
    ];

    /// <summary>The account's head as the server has signed it; empty where none is told that reads.</summary>
    public ReadOnlyMemory<byte> ReadHead() => Heads?.ReadHead()
        ?? (Base64UrlText.TryDecodeUpTo(Head, SignedHead.MaxSize, out var bytes) ? bytes : ReadOnlyMemory<byte>.Empty);

    /// <summary>The claims of restores, signed, as far as they read.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> ReadRestored() => ReadClaims(Heads?.Restored ?? Restored);

    internal static ImmutableArray<ReadOnlyMemory<byte>> ReadClaims(string[]? texts)
    {
        var claims = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        foreach (var text in (texts ?? []).Take(Limits.Claims))
            if (Base64UrlText.TryDecodeUpTo(text, SignedClaim.MaxSize, out var bytes)) claims.Add(bytes);
        return claims.ToImmutable();
    }
}

/// <summary>How an erasure stands (docs/protocol.md §15.2).</summary>
internal sealed record ErasureJson(
    string State, ulong Round, ulong? RequestedAt = null, long? DueInMs = null, string? Receipt = null,
    bool? LegalHold = null)
{
    /// <summary>The bytes of a receipt, here or in a problem; null where there is none that reads.</summary>
    public static ReadOnlyMemory<byte>? ReadReceipt(string? text) =>
        Base64UrlText.TryDecodeUpTo(text, SignedErasureReceipt.MaxSize, out var bytes) && bytes.Length > 0
            ? (ReadOnlyMemory<byte>?)bytes : null;
}

/// <summary>A realm's keys (docs/protocol.md §14.4).</summary>
internal sealed record RealmJson(string Fingerprint, string SigningKey, string KemKey);

/// <summary>One passphrase slot of the token's account.</summary>
internal sealed record SlotJson(string Id, string SigningKey, string Parameters);

/// <summary>The passphrase slots of the token's account.</summary>
internal sealed record SlotsJson(string AccountId, SlotJson[] Slots);

/// <summary>What a slot asks for beside the vault (docs/protocol.md §9.2).</summary>
internal sealed record RecoverJson(ulong ManifestAfter);

/// <summary>Opens a link session (docs/protocol.md §13.4).</summary>
internal sealed record OpenLinkJson(
    string SessionId, string JoinTokenHash, string BearerHash, string? Nameplate, string? Envelope);

/// <summary>Claims a link session.</summary>
internal sealed record ClaimLinkJson(string JoinToken, string BearerHash);

/// <summary>How long a link session still lives.</summary>
internal sealed record LinkExpiryJson(long ExpiresInMs);

/// <summary>The envelope of a typed code.</summary>
internal sealed record LinkEnvelopeJson(string Envelope, long ExpiresInMs);

/// <summary>Source-generated readers: no reflection, clean under trimming and AOT.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(HeadsJson))]
[JsonSerializable(typeof(ConfigJson))]
[JsonSerializable(typeof(AuditKeyJson))]
[JsonSerializable(typeof(ActivityJson))]
[JsonSerializable(typeof(RepairJson))]
[JsonSerializable(typeof(VersionsJson))]
[JsonSerializable(typeof(ItemsJson))]
[JsonSerializable(typeof(RestorePointsJson))]
[JsonSerializable(typeof(ProblemJson))]
[JsonSerializable(typeof(RealmJson))]
[JsonSerializable(typeof(SlotsJson))]
[JsonSerializable(typeof(RecoverJson))]
[JsonSerializable(typeof(OpenLinkJson))]
[JsonSerializable(typeof(ClaimLinkJson))]
[JsonSerializable(typeof(LinkExpiryJson))]
[JsonSerializable(typeof(LinkEnvelopeJson))]
[JsonSerializable(typeof(ErasureJson))]
internal sealed partial class ClientJson : JsonSerializerContext;
