using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Service.Operations;

/// <summary>All that the rules of a commit look at, beside the current manifest.</summary>
/// <param name="State">The account row.</param>
/// <param name="Actor">Who signed the request.</param>
/// <param name="Bundle">The commit.</param>
/// <param name="Now">The server's clock.</param>
/// <param name="Policy">The app's policy.</param>
public sealed record CommitRequest(
    AccountState State, AccountAuthority Actor, CommitBundle Bundle, Moment Now, AppPolicy Policy)
{
    /// <summary>Whether the app's quota lets its accounts grow.</summary>
    public bool HasRoom { get; init; } = true;

    /// <summary>Whether whoever signed it is young.</summary>
    public bool IsByYoung => Actor.IsYoung(Now);

    /// <summary>Whether it returns to an earlier manifest.</summary>
    public bool IsUndo => Bundle.Manifest.Manifest.Base is not null;

    /// <summary>What the rules of its link look at; null where it has none.</summary>
    internal LinkRequest? LinkRequest => Bundle.Link is { } link
        ? new LinkRequest(State, Actor, link, IsUndo, Now, Policy) : null;
}
