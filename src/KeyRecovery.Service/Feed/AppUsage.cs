using System.Collections.Concurrent;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Feed;

/// <summary>
/// Whether an app with a quota has room. Each sweep counts, as it reads every account anyway; the app's feed tells what
/// was made and erased since; and what this process let in itself it adds. So no request writes anything for it, an app
/// without a quota costs nothing at all, and one with a quota one point read a minute in each process
/// (docs/protocol.md §21.5 says by how much a quota may be overshot). Safe for concurrent use.
/// </summary>
internal sealed class AppUsage(AppFeeds feeds, IAppPolicies policies, Func<ulong> now)
{
    // How old what is known may be, in seconds.
    private const ulong Fresh = 60;

    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>Which quota keeps an app from another account: accounts or bytes; null where none does.</summary>
    /// <exception cref="StoreUnavailableException">The key store cannot answer.</exception>
    public async ValueTask<string?> FullForAccountAsync(string app, CancellationToken ct)
    {
        var quota = policies.Of(app).Quota;
        if (quota.IsNone) return null;
        var (accounts, bytes) = await ReadAsync(app, ct);
        return accounts >= (ulong?)quota.Accounts ? "accounts" : bytes >= (ulong?)quota.Bytes ? "bytes" : null;
    }

    /// <summary>Whether an app's accounts may store more.</summary>
    /// <exception cref="StoreUnavailableException">The key store cannot answer.</exception>
    public async ValueTask<bool> HasRoomAsync(string app, CancellationToken ct) =>
        policies.Of(app).Quota.Bytes is not { } most || (await ReadAsync(app, ct)).Bytes < (ulong)most;

    /// <summary>Adds what this process let in.</summary>
    public void Add(string app, int accounts, long bytes)
    {
        if (!policies.Of(app).Quota.IsNone) Of(app).Add(accounts, bytes);
    }

    /// <summary>Begins a count of the apps that have a quota; empty where none has.</summary>
    /// <exception cref="StoreUnavailableException">The key store cannot answer.</exception>
    public async ValueTask<UsageCount> BeginAsync(CancellationToken ct)
    {
        var count = new UsageCount(now());
        foreach (var app in policies.Apps.Where(app => !policies.Of(app).Quota.IsNone))
            count.Begin(app, (await feeds.ReadAsync(app, ct))?.Counts.Alive ?? 0);
        return count;
    }

    /// <summary>Keeps a count of all accounts, and tells the apps whose quotas have filled up by it.</summary>
    /// <exception cref="StoreUnavailableException">The key store cannot do it: the next sweep counts again.</exception>
    public async ValueTask EndAsync(UsageCount count, CancellationToken ct)
    {
        foreach (var (app, use) in count.Uses)
        {
            await feeds.CountedAsync(app, use, policies.Of(app).Quota, ct);
            Of(app).Expire();
        }
    }

    private async ValueTask<(ulong Accounts, ulong Bytes)> ReadAsync(string app, CancellationToken ct)
    {
        var (known, at) = (Of(app), now());
        if (!known.IsFresh(at)) known.Take(QuotaUse.Of(AppQuota.None, await feeds.ReadAsync(app, ct)), at);
        return known.Now;
    }

    private Known Of(string app) => _known.GetOrAdd(app, _ => new Known());

    private sealed class Known
    {
        private readonly Lock _lock = new();
        private QuotaUse? _use;
        private ulong _readAt;

        // Let in by this process since the row was read, of what the feed tells; and since it was counted.
        private long _accounts;
        private long _bytes;

        public (ulong Accounts, ulong Bytes) Now
        {
            get
            {
                lock (_lock)
                {
                    return ((ulong)Math.Max(0, (long)(_use?.Accounts ?? 0) + _accounts),
                        (ulong)Math.Max(0, (long)(_use?.Bytes ?? 0) + _bytes));
                }
            }
        }

        public bool IsFresh(ulong now)
        {
            lock (_lock) return _use is not null && now >= _readAt && now - _readAt < Fresh;
        }

        public void Expire()
        {
            lock (_lock) _readAt = 0;
        }

        public void Add(int accounts, long bytes)
        {
            lock (_lock) (_accounts, _bytes) = (_accounts + accounts, _bytes + bytes);
        }

        public void Take(QuotaUse use, ulong now)
        {
            lock (_lock)
            {
                if (_use is not null && use.CountedAt != _use.CountedAt) _bytes = 0;
                (_use, _readAt, _accounts) = (use, now, 0);
            }
        }
    }
}
