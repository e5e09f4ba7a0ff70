using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Gate;

/// <summary>An account for the length of one verified request: its rows can be opened, and who asks is known.</summary>
public sealed class OpenAccount : IDisposable
{
    internal OpenAccount(AccountRows rows, AccountState state, long version, RowKey keyRowKey, AccountAuthority actor)
    {
        Rows = rows;
        State = state;
        Version = version;
        KeyRowKey = keyRowKey;
        Actor = actor;
    }

    /// <summary>The account's heads and authorities, as this request found them.</summary>
    public AccountState State { get; }

    /// <summary>Who signed the request.</summary>
    public AccountAuthority Actor { get; }

    internal AccountRows Rows { get; }

    /// <summary>The account row's version, which the next write expects.</summary>
    internal long Version { get; }

    internal RowKey KeyRowKey { get; }

    /// <inheritdoc/>
    public void Dispose() => Rows.Dispose();
}
