using System.ComponentModel;
using KeyRecovery.Service.Export;

namespace KeyRecovery.Api.Bodies;

/// <summary>
/// All that the service holds on an account (docs/protocol.md §22). It is written element by element and never in
/// memory whole: this describes the document, and gives its elements their JSON.
/// </summary>
internal sealed record ExportResponse
{
    /// <summary>The document's format; another version is another number.</summary>
    public const string FormatName = "keyrecovery/v1/account-export";

    public const int FormatVersion = 1;

    [Description("keyrecovery/v1/account-export")]
    public required string Format { get; init; }

    [Description("1. A reader refuses another one, and passes over members that it does not know.")]
    public required int Version { get; init; }

    [Description("In Unix seconds by the server's clock.")]
    public required ulong MadeAt { get; init; }

    [Description("device or operator.")]
    public required string MadeFor { get; init; }

    [Description("The account, its user, its dates and its counts.")]
    public required ExportPart.Account Account { get; init; }

    [Description("Devices and slots, those that were removed as well: what is public of them.")]
    public required IReadOnlyList<ExportPart.Authority> Authorities { get; init; }

    [Description("The sigchain from link 0, with the hour in which each link was taken.")]
    public required IReadOnlyList<ExportPart.Link> Links { get; init; }

    [Description("Keysets: for whom. The seals stay out.")]
    public required IReadOnlyList<ExportPart.Keyset> Keysets { get; init; }

    [Description("Seals of past epochs: for whom.")]
    public required IReadOnlyList<ExportPart.Seal> Seals { get; init; }

    [Description("The signed manifests that are kept.")]
    public required IReadOnlyList<ExportPart.Manifest> Manifests { get; init; }

    [Description("The hashes of all manifests that are remembered.")]
    public required IReadOnlyList<ExportPart.Past> Trail { get; init; }

    [Description("Items: each version that is kept, and stored rows that nothing names any more.")]
    public required IReadOnlyList<ExportPart.Item> Items { get; init; }

    [Description("States that the account can go back to.")]
    public required IReadOnlyList<ExportPart.RestorePoint> RestorePoints { get; init; }

    [Description("What was done to the account, from which network, and where it stands in the log.")]
    public required IReadOnlyList<ExportPart.Activity> Activity { get; init; }

    [Description("Lookups that lead to the account: that they are there.")]
    public required IReadOnlyList<ExportPart.Lookup> Lookups { get; init; }

    [Description("What this server keeps of the user as a realm.")]
    public required IReadOnlyList<ExportPart.RealmUser> RealmUsers { get; init; }

    [Description("What this server keeps of the user's accounts as a realm.")]
    public required IReadOnlyList<ExportPart.RealmAccount> RealmAccounts { get; init; }

    [Description("Guess counters of the user's passphrase slots at this realm.")]
    public required IReadOnlyList<ExportPart.RealmSlot> RealmSlots { get; init; }

    [Description("Requests for erasure that are remembered.")]
    public required IReadOnlyList<ExportPart.Erasure> Erasures { get; init; }

    [Description("How many rows each table has of the account.")]
    public required IReadOnlyList<ExportPart.Stored> Stored { get; init; }

    [Description("What is not in this document, and who knows of it.")]
    public required IReadOnlyList<ExportPart.Omission> NotIncluded { get; init; }

    [Description("True, and last: a document without it was cut.")]
    public required bool Complete { get; init; }
}
