using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>Signs what this realm answers.</summary>
internal sealed class RealmAnswers(RealmKeys keys, IAppPolicies policies, ServerClock clock)
{
    /// <summary>How a slot stands.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="row">Its row.</param>
    /// <param name="account">Its account here, which is not closed.</param>
    /// <param name="request">SHA-256 of the request's body.</param>
    /// <param name="evaluation">What was evaluated, or null.</param>
    /// <param name="withEvents">Whether the owner asks.</param>
    public byte[] Slot(
        AuthorityId slot, RealmSlotRow row, RealmAccountRow account, Hash256 request,
        OprfEvaluation? evaluation = null, bool withEvents = false)
    {
        var standing = RealmStanding.Of(row, policies.Of(row.App).Passphrase, clock.Steady);
        return new RealmStatus
        {
            Realm = keys.Identity.Fingerprint,
            Slot = slot,
            Request = request,
            State = row.IsDestroyed ? RealmSlotState.Destroyed : account.StateOf(slot, clock.Now),
            GuessesLeft = standing.GuessesLeft,
            NextAttemptInMs = (ulong)standing.NextAttemptInMs,
            Round = row.Round,
            Told = Tell(row, account.View!),
            Evaluation = evaluation,
            Events = withEvents ? [.. row.Events.All()] : [],
        }.Sign(keys.Signing);
    }

    /// <summary>What is known of an account.</summary>
    public byte[] Heads(RealmView view, Hash256 request) =>
        new RealmHeadAnswer(keys.Identity.Fingerprint, request, view.Told(Moment)).Sign(keys.Signing);

    /// <summary>The clock, as a realm's rules take it.</summary>
    public RealmMoment Moment => new(clock.Now.Earliest, clock.Now.Latest);

    private RealmSlotTold Tell(RealmSlotRow row, RealmView view) =>
        OprfElement.TryParse(row.ShareKey.Span, out var shareKey)
            ? new RealmSlotTold(view.Count, shareKey, VerifyKey.FromChecked(row.SigningKey.Span), view.Told(Moment))
            : throw new RowDamagedException(Table.RealmSlots);
}
