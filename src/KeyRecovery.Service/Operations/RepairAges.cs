using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Operations;

/// <summary>How old the authorities are that a repair tells of (docs/protocol.md §7, Ages).</summary>
internal static class RepairAges
{
    /// <summary>An authority that is active at the newest pinned link.</summary>
    public static AccountAuthority Of(RepairRequest request, ActiveAuthority active)
    {
        if (request.Stored?.Authorities.GetValueOrDefault(active.Id) is { } known
            && known.SigningKey == active.SigningKey)
            return AccountAuthority.Of(active, known.TrustedFrom, known.ByYoung);
        if (WasTrusted(request, active))
            return AccountAuthority.Of(active, Math.Min(From(request), request.Now.Earliest));
        var since = IsInHead(request, active) ? request.HomeHead!.Time : From(request);
        return AccountAuthority.Of(active, since + (ulong)request.Policy.TrustAfter.TotalSeconds);
    }

    /// <summary>Whether it stood in the chain when all that stood there was trusted.</summary>
    public static bool WasTrusted(RepairRequest request, ActiveAuthority active) =>
        active.AddedAt == 0 || (request.Key.MinChain is { } min && active.AddedAt <= min.TrustedTo
            && (request.Passes(min.Place) || min.Active.Contains(active.Id)));

    /// <summary>Whether a head that this server signed tells of it.</summary>
    public static bool IsInHead(RepairRequest request, ActiveAuthority active) =>
        request.HeadPin is { } pin && active.AddedAt <= pin;

    private static ulong From(RepairRequest request) => request.Restore?.Time ?? request.Now.Latest;
}
