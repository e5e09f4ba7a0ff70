using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Service.Operations;

/// <summary>All that the rules of a repair look at.</summary>
/// <param name="App">The app of the account.</param>
/// <param name="Account">The account that the request names.</param>
/// <param name="Actor">Who signed the request.</param>
/// <param name="Bundle">What the client gives.</param>
/// <param name="Stored">What the server has; null where it lost it.</param>
/// <param name="Current">The manifest that it has.</param>
/// <param name="Key">What the key row remembers.</param>
/// <param name="Keys">The newest restore of keys; null where there was none.</param>
/// <param name="HomeHead">The head that the client brings, where this server has signed it; else null.</param>
/// <param name="Now">The server's clock.</param>
/// <param name="Policy">The app's policy.</param>
internal sealed record RepairRequest(
    string App, AccountId Account, AuthorityId Actor, RepairBundle Bundle, AccountState? Stored,
    SignedManifest? Current, KeyRow Key, RestoreId? Keys, AccountHead? HomeHead, Moment Now, AppPolicy Policy)
{
    /// <summary>Whether the account is gone, or lacks the newest link.</summary>
    public bool IsBehind => Stored is null || Accounts.MinChain.IsBehind(Key.MinChain, Stored);

    /// <summary>Which restore all waits count from; null where the account is as it was.</summary>
    public RestoreMark? Restore => Stored is null ? Key.Loss : Stored.Restored?.Mark;

    /// <summary>The newest link that the key row remembers.</summary>
    public ChainPlace? MinChain => Key.MinChain?.Place;

    /// <summary>
    /// Whether what the key row remembers is all that was ever committed: no restore of keys has made it forget.
    /// </summary>
    public bool IsMinChainNewest => Key.MinChain is not null && (Keys is null || Key.MinChain.Keys == Keys);

    /// <summary>Whether the time is over in which only who is known may mend.</summary>
    public bool HasWaited => Restore is { } restore && Now.HasReached(restore.Time + Limits.RestoreWaitSeconds);

    /// <summary>The link of the account row, where the client's chain has it.</summary>
    public ulong? RowPin => Stored is { Chain: var place } && Passes(place) ? place.Sequence : null;

    /// <summary>The link of the head that this server signed, where the client's chain has it.</summary>
    public ulong? HeadPin => HomeHead is { Chain: var place } && Passes(place) ? place.Sequence : null;

    /// <summary>Whether the client's chain has a link.</summary>
    public bool Passes(ChainPlace place) => place.Sequence < (ulong)Bundle.Links.Length
        && Bundle.Links[(int)place.Sequence].Hash == place.Hash;
}
