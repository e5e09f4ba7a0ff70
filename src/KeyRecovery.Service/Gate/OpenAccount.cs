using System.Collections.Immutable;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Gate;

/// <summary>An account for the length of one verified request: its rows can be opened, and who asks is known.</summary>
public sealed class OpenAccount : IDisposable
{
    internal OpenAccount(AccountRows rows, AccountState state, Row stored, RowKey keyRowKey, AccountAuthority actor)
    {
        Rows = rows;
        State = state;
        Stored = stored;
        KeyRowKey = keyRowKey;
        Actor = actor;
    }

    /// <summary>The account's heads and authorities, as this request last found them.</summary>
    public AccountState State { get; private set; }

    /// <summary>Who signed the request.</summary>
    public AccountAuthority Actor { get; private set; }

    /// <summary>From which network the request comes, as its account's activity tells; empty where nobody knows.
    /// </summary>
    public string Network { get; set; } = "";

    /// <summary>
    /// Where the account lacks its newest link: who was active at it; else empty. It is only read then.
    /// </summary>
    public ImmutableArray<AuthorityId> ActiveAtMinChain { get; internal init; } = [];

    /// <summary>Whether it lacks its newest link.</summary>
    public bool IsBehind => !ActiveAtMinChain.IsEmpty;

    /// <summary>Whether it is under a legal hold, and not erased.</summary>
    public bool IsLegallyHeld { get; internal init; }

    /// <summary>Whether an erasure may be held, so that whoever wants to know has to look.</summary>
    public bool MayBeHeld { get; internal init; }

    internal AccountRows Rows { get; }

    /// <summary>The account row as it was read, which the next write expects.</summary>
    internal Row Stored { get; private set; }

    internal RowKey KeyRowKey { get; }

    /// <inheritdoc/>
    public void Dispose() => Rows.Dispose();

    /// <summary>Takes over what was read anew.</summary>
    internal void Update(Row stored, AccountState state, AccountAuthority actor) =>
        (Stored, State, Actor) = (stored, state, actor);
}
