using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Gate;

/// <summary>An account as the door found it. Its rows are open as long as this lives.</summary>
internal sealed class AccountView : IDisposable
{
    private AccountRows? _rows;

    public AccountView(AccountStanding standing, RowKey keyRowKey, Row? keyStored, KeyRow? keyRow)
    {
        Standing = standing;
        KeyRowKey = keyRowKey;
        KeyStored = keyStored;
        KeyRow = keyRow;
    }

    public AccountStanding Standing { get; }

    public RowKey KeyRowKey { get; }

    /// <summary>The key row as it was read; null where there is none.</summary>
    public Row? KeyStored { get; }

    public KeyRow? KeyRow { get; }

    /// <summary>What opens the account's rows; present unless it is unknown or erased.</summary>
    public AccountRows Rows
    {
        get => _rows ?? throw new InvalidOperationException("the account has no rows to open");
        init => _rows = value;
    }

    /// <summary>Whether it has rows that can be opened.</summary>
    public bool HasRows => _rows is not null;

    /// <summary>The account row as it was read; null where there is none.</summary>
    public Row? Stored { get; init; }

    /// <summary>What stands in it; null where there is none, or where the account is erased.</summary>
    public AccountState? State { get; init; }

    /// <summary>Gives the rows to whoever keeps them longer.</summary>
    public AccountRows TakeRows()
    {
        var rows = Rows;
        _rows = null;
        return rows;
    }

    public void Dispose() => _rows?.Dispose();
}
