using System.Collections.Immutable;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Errors;

/// <summary>
/// Why an operation was not done, or cannot be promised: the same again is answered whatever was stored.
/// </summary>
/// <param name="Code">The kind, one of a closed list.</param>
public sealed record ServiceFailure(ErrorCode Code)
{
    /// <summary>The part of the request that was wrong, or null.</summary>
    public string? Field { get; init; }

    /// <summary>The rule of docs/protocol.md that it breaks, or none.</summary>
    public ProtocolFault Rule { get; init; }

    /// <summary>Where the account stands, with a conflict.</summary>
    public Heads? Current { get; init; }

    /// <summary>The head as this server has signed it, for who was removed or has a repair refused; or empty.</summary>
    public ReadOnlyMemory<byte> SignedHead { get; init; }

    /// <summary>Signed claims of restores, where the account's state is why; the oldest first.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Restored { get; init; } = [];

    /// <summary>
    /// Who was active at the newest link that the server remembers, where a repair that lacks it comes from one of
    /// them, with what this server has signed; else empty.
    /// </summary>
    public ImmutableArray<AuthorityId> ActiveAtMinChain { get; init; } = [];

    /// <summary>When to ask again, in seconds since 1970, for a young authority.</summary>
    public ulong? TrustedFrom { get; init; }

    /// <summary>How many guesses are left, where a guess at a passphrase was not taken.</summary>
    public int? GuessesLeft { get; init; }

    /// <summary>When the next guess is due, in milliseconds, where a guess at a passphrase was not taken.</summary>
    public long? NextAttemptInMs { get; init; }

    /// <summary>
    /// With <see cref="ErrorCode.LimitReached"/>: the most that is allowed, in the limit's own unit; or null.
    /// </summary>
    public long? Most { get; init; }

    /// <summary>
    /// With <see cref="ErrorCode.LimitReached"/>: how much of it is used before this request; or null.
    /// </summary>
    public long? Used { get; init; }

    /// <summary>Why a store could not do it, where one could not; for the operator and no caller.</summary>
    public StoreFault? Store { get; init; }

    /// <summary>Whether it was this very request that used the guesses up and destroyed the share.</summary>
    public bool ShareDestroyed { get; init; }

    /// <summary>The receipt of an erased account, empty while there is none.</summary>
    public ReadOnlyMemory<byte> Receipt { get; init; }

    internal static ServiceFailure Refused(string field, ProtocolFault rule) =>
        new(rule == ProtocolFault.Malformed ? ErrorCode.Malformed : ErrorCode.Refused) { Field = field, Rule = rule };

    /// <summary>A limit that is used up; its numbers, where they say more than its name.</summary>
    internal static ServiceFailure Limit(string field, long? most = null, long? used = null) =>
        new(ErrorCode.LimitReached) { Field = field, Most = most, Used = used };

    /// <summary>The app's quota is used up. Its numbers are its operators' alone.</summary>
    internal static ServiceFailure Quota(string field) => new(ErrorCode.QuotaReached) { Field = field };

    internal static ServiceFailure Forbidden(string field) => new(ErrorCode.Forbidden) { Field = field };

    internal static ServiceFailure Of(StoreFault fault) =>
        new(fault is StoreFault.Full ? ErrorCode.StorageFull : ErrorCode.Unavailable) { Store = fault };
}
