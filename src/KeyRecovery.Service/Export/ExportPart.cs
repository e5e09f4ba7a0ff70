using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace KeyRecovery.Service.Export;

/// <summary>
/// A piece of an export (docs/protocol.md §22): what the service holds on one account, one element of one section at a
/// time, so that no export is in memory whole. Bytes are base64url, times seconds since 1970.
/// </summary>
public abstract record ExportPart
{
    // Not overridden: what is ignored in a base is written all the same by who overrides it.
    private ExportPart(string section, bool isElement = true) => (Section, IsElement) = (section, isElement);

    /// <summary>The member of the document that it belongs to; parts of one section follow one another.</summary>
    [JsonIgnore]
    public string Section { get; }

    /// <summary>Whether the section is a list.</summary>
    [JsonIgnore]
    public bool IsElement { get; }

    /// <summary>The account itself: its row in both stores.</summary>
    public sealed record Account(
        string Id, string App, string Issuer, string Subject, string State, ulong Since, ulong? ChainSequence,
        string? ChainHash, ulong? ManifestVersion, string? ManifestHash, ulong? Epoch, string? SignedHead,
        long LiveBytes, long KeptBytes, long StagedBytes, long ChainBytes, DayCount? Newest, ulong? RestoredAt,
        ulong? LossSeenAt, bool ErasureWasHeld, bool IsSuspended, bool IsLegallyHeld, ImmutableArray<string> Claims,
        ImmutableArray<string> KeyClaims, ulong? RememberedLink, uint Kek, ulong? UsedOn,
        ulong? WarnedOn, ulong? ErasableOn)
        : ExportPart("account", isElement: false);

    /// <summary>What the account was granted on its newest day.</summary>
    public sealed record DayCount(
        ulong Date, int Links, int Additions, int SlotLinks, int Commits, int YoungLinks, int YoungCommits);

    /// <summary>A device or a slot: what is public of it.</summary>
    public sealed record Authority(
        string Id, string Kind, string SigningKey, string? KemKeyHash, ulong? AddedAt, ulong? TrustedFrom,
        bool? ByYoung, ulong? LastEpochBegun, ulong? MaxFormat) : ExportPart("authorities");

    /// <summary>A signed link of the sigchain, and the hour in which the server took it.</summary>
    public sealed record Link(ulong Number, ulong TakenAt, string Bytes) : ExportPart("links");

    /// <summary>A keyset: for whom it is. The seals themselves stay out.</summary>
    public sealed record Keyset(string Hash, ulong Epoch, ImmutableArray<string> Recipients) : ExportPart("keysets");

    /// <summary>A seal of a past epoch that a restore point needs: for whom it is.</summary>
    public sealed record Seal(ulong Epoch, string Recipient) : ExportPart("seals");

    /// <summary>A signed manifest; names in it are sealed.</summary>
    public sealed record Manifest(ulong Version, string Hash, bool IsCurrent, string Bytes) : ExportPart("manifests");

    /// <summary>A manifest that there was.</summary>
    public sealed record Past(ulong Version, string Hash) : ExportPart("trail");

    /// <summary>A version of an item: current, older, staged, or a stored row that nothing names.</summary>
    public sealed record Item(
        string State, string? Id, string Hash, ulong? Version, ulong? Epoch, long? Size, string? Writer,
        bool? WriterWasYoung, ulong? SinceManifest, ulong? ReplacedAt, string? ReplacedBy, ulong? StagedAt)
        : ExportPart("items");

    /// <summary>A state that the account can go back to.</summary>
    public sealed record RestorePoint(
        ulong ManifestVersion, string ManifestHash, ulong ChainSequence, ulong Epoch, ulong At, string? OfAuthority,
        ulong Until, bool IsReplaced) : ExportPart("restorePoints");

    /// <summary>An entry of the activity, with what proves its leaf.</summary>
    public sealed record Activity(
        ulong Number, ulong Time, string Event, string Role, string? Actor, string Network, string Detail, string Salt,
        ulong? Leaf) : ExportPart("activity");

    /// <summary>A lookup that leads to the account: that it exists, and what for.</summary>
    public sealed record Lookup(string Kind, string? Slot) : ExportPart("lookups");

    /// <summary>What this server, as a realm, keeps of a slot of the user.</summary>
    public sealed record RealmSlot(
        string? Slot, string State, string App, int Guesses, ulong LastGuessMs, ulong RefusedAt, ulong Resets,
        ImmutableArray<RealmGuess> Events) : ExportPart("realmSlots");

    /// <summary>Something that happened to a slot at the realm.</summary>
    public sealed record RealmGuess(ulong Time, string Kind);

    /// <summary>What this server, as a realm, keeps of the user.</summary>
    public sealed record RealmUser(
        int Slots, int Accounts, ulong NewestDay, int Registrations, bool IsClosed) : ExportPart("realmUsers");

    /// <summary>What this server, as a realm, keeps of an account of the user.</summary>
    public sealed record RealmAccount(
        string App, string? Head, int Active, int Slots, ulong ReceiptAt, string? Contradicting)
        : ExportPart("realmAccounts");

    /// <summary>A request for erasure.</summary>
    public sealed record Erasure(
        string Id, string State, string RequestedBy, ulong RequestedAt, ulong DueAt, ulong Round, string? Asker,
        ImmutableArray<string> MayCancel, int Untold) : ExportPart("erasures");

    /// <summary>How many rows a table has of the account: what the sections above must cover.</summary>
    public sealed record Stored(string Table, int Rows) : ExportPart("stored");

    /// <summary>What is not in the document, why, and who knows.</summary>
    public sealed record Omission(string What, string Why) : ExportPart("notIncluded");
}
