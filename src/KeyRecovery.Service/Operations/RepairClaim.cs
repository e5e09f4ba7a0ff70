using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Operations;

/// <summary>
/// The claim of a repair that takes the place of another state (docs/protocol.md §7): below all of which it is not sure
/// that both have it, and later than the head of the state that it replaces.
/// </summary>
internal static class RepairClaim
{
    /// <returns>The claim; the same once more where an earlier try of the same repair was cut behind it.</returns>
    public static SignedClaim Of(RepairRequest request, RepairDecision.Accepted accepted, SigningKey auditKey)
    {
        var stored = request.Stored;
        var replaced = stored is null ? 0 : SignedHead.Decode(stored.SignedHead).Head.Time;
        var claim = new RestoredClaim(
            request.Restore!.Value.Id, request.Account, request.RowPin ?? 0, accepted.Trail.Shared,
            Math.Max(request.Now.Latest, replaced + 1));
        var cut = Claims.Missing(request.Key.Claims, stored?.Claims ?? [])
            .FirstOrDefault(c => c.Time > replaced && c with { Time = claim.Time } == claim);
        return SignedClaim.Sign(cut ?? claim, auditKey);
    }
}
