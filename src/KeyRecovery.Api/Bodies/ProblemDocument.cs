using System.ComponentModel;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Bodies;

/// <summary>The shape of a problem, for the OpenAPI document; ProblemResult writes it.</summary>
internal sealed record ProblemDocument
{
    [Description(ProblemTypes.Prefix + "<name>, stable: branch on it.")]
    public required string Type { get; init; }

    [Description("One sentence for a developer.")]
    public required string Title { get; init; }

    [Description("The HTTP status.")]
    public required int Status { get; init; }

    [Description("The field that breaks a rule, or the limit that is used up.")]
    public string? Field { get; init; }

    [Description("On refused: the rule of docs/protocol.md that it breaks.")]
    public string? Rule { get; init; }

    [Description("On stale-version: where the account stands.")]
    public HeadsResponse? Heads { get; init; }

    [Description("On revoked, and where a repair is refused: the head as the server has signed it.")]
    public string? Head { get; init; }

    [Description("On revoked, repair-required, vault-lost, and where a repair is refused: the newest claims that the "
        + "account was restored from a backup, signed (docs/protocol.md §7); missing where there are none.")]
    public IReadOnlyList<string>? Restored { get; init; }

    [Description("Where a repair lacks the newest link, and its sender may go the way back: the ids that were active "
        + "at that link (docs/protocol.md §7).")]
    public IReadOnlyList<string>? ActiveAtMinChain { get; init; }

    [Description("On young-authority: from when the signer may do this, in Unix seconds.")]
    public ulong? TrustedFrom { get; init; }

    [Description("On limit-reached: the most that is allowed, in the limit's own unit.")]
    public long? Limit { get; init; }

    [Description("On limit-reached: how much of it is used before this request.")]
    public long? Used { get; init; }

    [Description("On guess-wait, slot-paused and slot-locked: how many guesses are left.")]
    public int? GuessesLeft { get; init; }

    [Description("On guess-wait, slot-paused and slot-locked: when the next guess is due, in milliseconds.")]
    public long? NextAttemptInMs { get; init; }

    [Description("On erased: the receipt (docs/protocol.md §15.1), base64url; missing while the erasure is under way.")]
    public string? Receipt { get; init; }

    [Description("On every 401: the server's clock, in Unix seconds.")]
    public long? ServerTime { get; init; }

    [Description("When a repeat is welcome, in milliseconds.")]
    public long? RetryAfterMs { get; init; }
}
