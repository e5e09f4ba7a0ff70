using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Feed;

/// <summary>A count of what apps with a quota have, while a pass goes over all accounts.</summary>
internal sealed class UsageCount(ulong began)
{
    private readonly Dictionary<string, AppUse> _uses = new(StringComparer.Ordinal);

    /// <summary>Whether nobody has a quota.</summary>
    public bool IsEmpty => _uses.Count == 0;

    /// <summary>What was counted, by app.</summary>
    public IReadOnlyDictionary<string, AppUse> Uses => _uses;

    public void Begin(string app, ulong alive) => _uses[app] = new AppUse(0, 0, alive, began);

    public void Add(AccountState state)
    {
        if (!_uses.TryGetValue(state.User.App, out var use)) return;
        _uses[state.User.App] = use with { Accounts = use.Accounts + 1, Bytes = use.Bytes + (ulong)state.StoredBytes };
    }
}
