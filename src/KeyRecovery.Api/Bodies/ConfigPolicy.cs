using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>What an app allows, as far as its clients need to know.</summary>
internal sealed record ConfigPolicy
{
    [Description("Whether recovery by code asks for the user's app token as well.")]
    public required bool CodeNeedsToken { get; init; }

    [Description("Hours until a linked device is trusted with removals.")]
    public required int TrustAfterHours { get; init; }

    [Description("The content of one item, in bytes.")]
    public required int ItemBytes { get; init; }

    [Description("Commits of one account in a day (UTC).")]
    public required int CommitsPerDay { get; init; }

    [Description("Hours for which an erasure that a device asks for is held.")]
    public required int ErasureHoldHours { get; init; }

    [Description(
        "Days without use after which the app is warned and, where nobody comes, the account erased; absent: never.")]
    public int? InactiveAfterDays { get; init; }

    [Description("Days for which the app is warned before; absent where accounts are not erased for that.")]
    public int? InactiveWarnDays { get; init; }

    [Description("Guesses at a passphrase until this server, as a realm, destroys its share.")]
    public required int PassphraseGuesses { get; init; }
}
