using KeyRecovery.Protocol.Linking;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Linking;

/// <summary>
/// The relay's sessions by id, account and nameplate, and what they take. Used under the relay's lock.
/// </summary>
internal sealed class LinkSessionTable
{
    private readonly Dictionary<LinkSessionId, LinkSessionEntry> _sessions = [];
    private readonly Dictionary<string, LinkSessionEntry> _nameplates = new(StringComparer.Ordinal);
    private readonly Dictionary<AccountId, List<LinkSessionEntry>> _accounts = [];

    public int Count => _sessions.Count;

    public long Bytes { get; private set; }

    /// <summary>The session, unless it is unknown or over; one that is over is forgotten here.</summary>
    public LinkSessionEntry? Find(LinkSessionId id, DateTimeOffset now) =>
        _sessions.TryGetValue(id, out var entry) ? Living(entry, now) : null;

    public LinkSessionEntry? FindByNameplate(string nameplate, DateTimeOffset now) =>
        _nameplates.TryGetValue(nameplate, out var entry) ? Living(entry, now) : null;

    /// <summary>
    /// What keeps a new session from being opened. An account has its few places and no more, contested sessions
    /// included; the oldest of its own contested ones gives way, so that contesting locks nobody out.
    /// </summary>
    public ServiceFailure? FindFault(LinkOpening opening, DateTimeOffset now)
    {
        if (opening.Typed is { } typed && FindByNameplate(typed.Name, now) is not null)
            return new ServiceFailure(ErrorCode.Conflict) { Field = "nameplate" };
        var own = _accounts.GetValueOrDefault(opening.Account, []).FindAll(e => !e.State.IsOver(now));
        if (own.Count < LinkRelayLimits.SessionsPerAccount) return null;
        if (own.Find(e => e.State.IsContested) is not { } contested)
            return ServiceFailure.Limit("sessions", LinkRelayLimits.SessionsPerAccount, own.Count);
        Remove(contested);
        return null;
    }

    /// <summary>False where the relay is full.</summary>
    public bool TryAdd(LinkRelaySession session)
    {
        if (_sessions.Count >= LinkRelayLimits.Sessions || Bytes + session.Size > LinkRelayLimits.Bytes) return false;
        var entry = new LinkSessionEntry(session);
        _sessions.Add(session.Opening.Id, entry);
        if (session.Nameplate is { } nameplate) _nameplates.Add(nameplate.Name, entry);
        if (!_accounts.TryGetValue(session.Opening.Account, out var own))
            _accounts.Add(session.Opening.Account, own = []);
        own.Add(entry);
        Bytes += session.Size;
        return true;
    }

    /// <summary>False, and nothing changed, where the relay is full.</summary>
    public bool TryReplace(LinkSessionEntry entry, LinkRelaySession next)
    {
        if (ReferenceEquals(entry.State, next)) return true;
        var growth = next.Size - entry.State.Size;
        if (growth > 0 && Bytes + growth > LinkRelayLimits.Bytes) return false;
        if (entry.State.Nameplate is { } nameplate && next.Nameplate is null) _nameplates.Remove(nameplate.Name);
        Bytes += growth;
        entry.Replace(next);
        return true;
    }

    public void Remove(LinkSessionEntry entry)
    {
        var state = entry.State;
        _sessions.Remove(state.Opening.Id);
        if (state.Nameplate is { } nameplate) _nameplates.Remove(nameplate.Name);
        var own = _accounts[state.Opening.Account];
        own.Remove(entry);
        if (own.Count == 0) _accounts.Remove(state.Opening.Account);
        Bytes -= state.Size;
        entry.Wake();
    }

    public void RemoveOf(AccountId account, AuthorityId authority) =>
        RemoveAll(_accounts.GetValueOrDefault(account, []).Where(e => e.State.Opening.Authority == authority));

    public void RemoveOf(AccountId account) => RemoveAll(_accounts.GetValueOrDefault(account, []));

    public void RemoveExpired(DateTimeOffset now) => RemoveAll(_sessions.Values.Where(e => e.State.IsOver(now)));

    public void Clear() => RemoveAll(_sessions.Values);

    public void WakeAll()
    {
        foreach (var entry in _sessions.Values) entry.Wake();
    }

    private void RemoveAll(IEnumerable<LinkSessionEntry> entries)
    {
        foreach (var entry in entries.ToList()) Remove(entry);
    }

    private LinkSessionEntry? Living(LinkSessionEntry entry, DateTimeOffset now)
    {
        if (!entry.State.IsOver(now)) return entry;
        Remove(entry);
        return null;
    }
}
