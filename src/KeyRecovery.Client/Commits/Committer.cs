using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Realms;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Commits;

/// <summary>
/// The one loop of all who change an open account: builds a commit on the vault as this device knows it, sends it, and
/// builds it anew on what another device made of the vault meanwhile.
/// </summary>
internal sealed class Committer(VaultState state, RealmKeeper realms)
{
    private const int Rounds = 32;
    private const int Restores = 3;

    private static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(10);

    /// <summary>Commits.</summary>
    /// <param name="build">Builds the commit, told what came of the one before it in this call.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    /// <param name="signer">Who signs the request; null for this device.</param>
    /// <param name="token">The app's token, where it asks for one beside a slot's signature; else null.</param>
    /// <param name="mends">Whether the commit mends a vault that does not open: another such is built upon.</param>
    public async Task<Sent> RunAsync(
        Func<Sent?, Task<Built>> build, CancellationToken ct, DeviceKeys? signer = null, string? token = null,
        bool mends = false)
    {
        // A restored server takes nothing, and no item ahead of a commit either, before somebody has brought what it
        // lacks; that may have been done since.
        if (state.Behind is not null && await state.RefreshAsync(ct) is { } unread
            && !(mends && unread is ClientFailure.Spoiled)) return new Sent.Refused(unread);
        if (state.Behind is { } behind) return new Sent.Refused(behind);
        Sent? last = null;
        var missing = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var built = await build(last);
            if (built is Built.Over over) return over.Sent;
            last = await SendAsync(((Built.Commit)built).Bundle, signer ?? state.Keys, token, mends, ct);
            if (last is not (Sent.Stale or Sent.Missing)) return last;
            if (last is Sent.Missing && ++missing > Restores) return last;
        }
        return new Sent.Refused(new ClientFailure.Transient("other devices keep changing the account", null));
    }

    private async Task<Sent> SendAsync(
        CommitBundle commit, DeviceKeys signer, string? token, bool mends, CancellationToken ct)
    {
        using var removed = commit.Link is { } link ? HeldRealmKeys.Of(state.Open, link.Link.Remove) : null;
        var answer = await state.Api.CommitAsync(signer, commit.Encode(), token, ct);
        if (answer is Answer.Problem { Details: var details }
            && state.HearHead(details.ReadHead(), details.ReadRestored()) is { } lie) return new Sent.Unknown(lie);
        switch (answer)
        {
            // A server that lost something is repaired by the refresh; the change is then built anew as after a race.
            case Answer.Problem { Type: ProblemTypes.StaleVersion or ProblemTypes.RepairRequired
                or ProblemTypes.VaultLost } stale:
                if (await state.RefreshAsync(ct) is { } unread && !(mends && unread is ClientFailure.Spoiled))
                    return stale.IsAfterSilence ? new Sent.Unknown(unread) : new Sent.Refused(unread);
                if (IsThere(commit)) return await DoneAsync(removed, ct);
                return state.Behind is { } behind ? new Sent.Refused(behind) : new Sent.Stale();
            case Answer.Problem { Type: ProblemTypes.Refused, Details: { Field: "items", Rule: { } rule } } missing
                when rule == RuleWords.Of(ProtocolFault.ItemHash):
                return new Sent.Missing(Failures.Of(missing));
            case Answer.Problem { IsRefusal: true } refused:
                return new Sent.Refused(Failures.Of(refused));
            case Answer.Success when answer.Read(ClientJson.Default.HeadsJson) is Result<HeadsJson>.Ok heads:
                return await state.AcceptOwnAsync(commit, heads.Value, ct) is { } failure
                    ? new Sent.Unknown(failure)
                    : await DoneAsync(removed, ct);
        }
        return await HasArrivedAsync(commit, ct)
            ? await DoneAsync(removed, ct)
            : new Sent.Unknown(Failures.Unanswered(answer));
    }

    private async Task<Sent> DoneAsync(HeldRealmKeys? removed, CancellationToken ct)
    {
        if (removed is not null) await realms.FollowAsync(removed, ct);
        return new Sent.Done();
    }

    // No answer is no refusal: a look at the vault tells whether the commit went through, where it can be had.
    private async Task<bool> HasArrivedAsync(CommitBundle commit, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(LookLimit);
        try
        {
            if (await state.RefreshAsync(limit.Token) is not null) return false;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
        return IsThere(commit);
    }

    private bool IsThere(CommitBundle commit) => state.Vault.Manifest.Hash == commit.Manifest.Hash
        || (commit.Link is { } link && state.Vault.Chain.Contains(new ChainPlace(link.Link.Sequence, link.Hash)));
}
